#pragma once

#include <cstdint>
#include <string_view>

namespace sabot {

/// The checksum in our file formats: CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected, as
/// iSCSI and ext4 use it), by the processor's instruction. crc: of the bytes before these, so
/// Crc32c(b, Crc32c(a)) is that of a and b in one. Source: RFC 3720, section 12.1 and appendix B.4
/// (test vectors).
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

}  // namespace sabot
