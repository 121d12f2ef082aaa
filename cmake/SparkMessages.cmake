# spark_messages: Spark Connect's messages and service as C++, made from the descriptors inside the installed Spark client
# (cmake/spark_descriptors.py). Generated code: no warnings, -O1 (a fifth less CPU than -O2, and no hot path of ours), hidden.
# A file that includes base.grpc.pb.h costs 7 CPU seconds: only few may.

find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
find_path(PROTOBUF_INCLUDE_DIR google/protobuf/any.proto REQUIRED)

set(folder ${CMAKE_BINARY_DIR}/spark_messages)
set(script ${CMAKE_SOURCE_DIR}/cmake/spark_descriptors.py)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND "${Python_EXECUTABLE}" ${script} --list
  OUTPUT_VARIABLE protos OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" protos "${protos}")

set(generated "")
foreach(proto IN LISTS protos)
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  list(APPEND generated ${folder}/${stem}.pb.cc)
endforeach()
list(APPEND generated ${folder}/spark/connect/base.grpc.pb.cc)

add_custom_command(
  OUTPUT ${generated}
  COMMAND ${PROTOC} --include_imports --descriptor_set_out=wkt.pb -I${PROTOBUF_INCLUDE_DIR}
    google/protobuf/any.proto google/protobuf/timestamp.proto
  COMMAND "${Python_EXECUTABLE}" ${script} spark.pb
  COMMAND ${PROTOC} --descriptor_set_in=wkt.pb:spark.pb --cpp_out=. --grpc_out=.
    --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${protos}
  WORKING_DIRECTORY ${folder}
  DEPENDS ${script}
  COMMENT "Spark Connect messages"
  VERBATIM)

sabot_library(grpc)
add_library(spark_messages STATIC EXCLUDE_FROM_ALL ${generated})
target_include_directories(spark_messages SYSTEM PUBLIC ${folder})
target_compile_options(spark_messages PRIVATE -w -O1 -g0)
target_link_libraries(spark_messages PUBLIC lib_grpc)
