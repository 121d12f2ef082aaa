#include "sabot/formats/arrow_files.h"

#include <atomic>
#include <mutex>

#include "arrow/buffer.h"
#include "arrow/io/interfaces.h"

#include "sabot/base/error.h"

namespace sabot {
namespace {

class PortReader final : public arrow::io::RandomAccessFile {
 public:
  PortReader(std::unique_ptr<ReadableFile> file, int64_t size)
      : file_(std::move(file)), size_(size) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> GetSize() override { return size_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("negative position in a file");
    position_ = position;
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    // Lengths come from the file's own metadata: a damaged one asks for anything.
    if (position < 0 || nbytes < 0) return arrow::Status::Invalid("negative range of a file");
    if (position >= size_) return 0;
    const int64_t available = std::min(nbytes, size_ - position);
    return file_->ReadAt(position, {static_cast<char*>(out), static_cast<size_t>(available)});
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    if (position < 0 || nbytes < 0) return arrow::Status::Invalid("negative range of a file");
    const int64_t available = std::clamp<int64_t>(size_ - position, 0, nbytes);
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> buffer,
                          arrow::AllocateResizableBuffer(available));
    ARROW_ASSIGN_OR_RAISE(const int64_t num_read,
                          ReadAt(position, available, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(num_read, false));
    return buffer;
  }
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t num_read, ReadAt(position_, nbytes, out));
    position_ += num_read;
    return num_read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
    position_ += buffer->size();
    return buffer;
  }

 private:
  std::unique_ptr<ReadableFile> file_;
  int64_t size_;
  int64_t position_ = 0;
  std::atomic<bool> closed_{false};
};

class PortWriter final : public arrow::io::OutputStream {
 public:
  explicit PortWriter(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

  arrow::Status Close() override {
    if (closed_) return arrow::Status::OK();
    closed_ = true;
    return file_->Close();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return file_->size(); }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t nbytes) override {
    return file_->Append({static_cast<const char*>(data), static_cast<size_t>(nbytes)});
  }

 private:
  std::unique_ptr<WritableFile> file_;
  bool closed_ = false;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenForArrow(Files& files,
                                                                         const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<ReadableFile> file, files.OpenForRead(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t size, file->Size());
  return std::make_shared<PortReader>(std::move(file), size);
}

std::shared_ptr<arrow::io::OutputStream> WrapForArrow(std::unique_ptr<WritableFile> file) {
  return std::make_shared<PortWriter>(std::move(file));
}

arrow::Status FileReadError(const arrow::Status& status, std::string_view format,
                            const std::string& path) {
  if (status.ok() || GetErrorDetail(status) != nullptr) return status;
  return MakeError(
      "MALFORMED_FILE",
      {{"path", path}, {"format", std::string(format)}, {"message", status.message()}});
}

}  // namespace sabot
