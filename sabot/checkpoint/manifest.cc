#include "sabot/checkpoint/manifest.h"

#include <cstring>

#include "sabot/base/crc32c.h"
#include "sabot/base/error.h"

namespace sabot {

std::string Seal(std::string_view magic, std::string_view body) {
  std::string sealed(magic);
  sealed.append(body);
  const uint32_t crc = Crc32c(sealed);
  sealed.append(reinterpret_cast<const char*>(&crc), sizeof(crc));
  return sealed;
}

arrow::Result<std::string> Unseal(std::string_view magic, std::string_view bytes,
                                  const std::string& path) {
  const auto corrupt = [&](const char* message) {
    return MakeError("CHECKPOINT_CORRUPT", {{"path", path}, {"message", message}});
  };
  uint32_t crc = 0;
  if (bytes.size() < magic.size() + sizeof(crc)) return corrupt("the file is cut short");
  if (!bytes.starts_with(magic)) return corrupt("it does not begin as such a file does");
  const std::string_view sealed = bytes.substr(0, bytes.size() - sizeof(crc));
  std::memcpy(&crc, bytes.data() + sealed.size(), sizeof(crc));
  if (crc != Crc32c(sealed)) return corrupt("its checksum is wrong");
  return std::string(sealed.substr(magic.size()));
}

}  // namespace sabot
