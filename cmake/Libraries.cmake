# Libraries from outside, each under one name `lib_<name>` that cmake/rooms.txt uses in its third column.
# Arrow comes from the pyarrow wheel: the wheel has no CMake package and only versioned files, so they are imported by hand.

if(NOT Python_EXECUTABLE AND NOT SKBUILD AND EXISTS "${CMAKE_SOURCE_DIR}/.venv/bin/python")
  set(Python_EXECUTABLE "${CMAKE_SOURCE_DIR}/.venv/bin/python")
endif()
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)

execute_process(
  COMMAND "${Python_EXECUTABLE}" -c
    "import pyarrow as pa, nanobind; print(pa.get_include(), pa.get_library_dirs()[0], pa.cpp_build_info.so_version, nanobind.cmake_dir(), sep=';')"
  OUTPUT_VARIABLE wheel OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${Python_EXECUTABLE} has no pyarrow and nanobind: run ./dev build, or pip install -r requirements.txt")
endif()
list(GET wheel 0 ARROW_INCLUDE_DIR)
list(GET wheel 1 ARROW_LIBRARY_DIR)
list(GET wheel 2 ARROW_SO_VERSION)
list(GET wheel 3 NANOBIND_CMAKE_DIR)

function(sabot_import_arrow name file)
  add_library(Arrow::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(Arrow::${name} PROPERTIES
    IMPORTED_LOCATION "${ARROW_LIBRARY_DIR}/lib${file}.so.${ARROW_SO_VERSION}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${ARROW_INCLUDE_DIR}"
    INTERFACE_INCLUDE_DIRECTORIES "${ARROW_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
sabot_import_arrow(arrow arrow)
sabot_import_arrow(compute arrow_compute Arrow::arrow)
sabot_import_arrow(parquet parquet Arrow::arrow)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)

# What a room names in its row, as a target; made only when first asked for, so a machine needs no library of a room
# that it does not build.
function(sabot_library name)
  if(TARGET lib_${name})
    return()
  endif()
  add_library(lib_${name} INTERFACE IMPORTED GLOBAL)
  if(name STREQUAL fmt)
    target_link_libraries(lib_fmt INTERFACE fmt::fmt)
  elseif(name STREQUAL parquet)
    target_link_libraries(lib_parquet INTERFACE Arrow::parquet)
  elseif(name STREQUAL compute)
    target_link_libraries(lib_compute INTERFACE Arrow::compute)
  elseif(name STREQUAL date)
    find_package(date REQUIRED)
    target_link_libraries(lib_date INTERFACE date::date-tz)
  elseif(name STREQUAL rapidjson)
    find_path(RAPIDJSON_INCLUDE_DIR rapidjson/document.h REQUIRED)
    target_include_directories(lib_rapidjson SYSTEM INTERFACE "${RAPIDJSON_INCLUDE_DIR}")
  elseif(name STREQUAL spark_messages)
    include(${CMAKE_SOURCE_DIR}/cmake/SparkMessages.cmake)
    target_link_libraries(lib_spark_messages INTERFACE spark_messages)
  elseif(name STREQUAL pcre2)
    pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
    target_link_libraries(lib_pcre2 INTERFACE PkgConfig::PCRE2)
  elseif(name STREQUAL icu)
    pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-i18n icu-uc)
    target_link_libraries(lib_icu INTERFACE PkgConfig::ICU)
  elseif(name STREQUAL grpc)
    pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++ protobuf)
    # By name, not through pkg-config's whole closure: no binary of ours may ask for libre2 itself (tools/needed_libraries.py).
    target_include_directories(lib_grpc SYSTEM INTERFACE ${GRPC_INCLUDE_DIRS})
    target_link_libraries(lib_grpc INTERFACE grpc++ grpc gpr protobuf absl_synchronization)
  elseif(name STREQUAL rdkafka)
    pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
    target_link_libraries(lib_rdkafka INTERFACE PkgConfig::RDKAFKA)
  elseif(name STREQUAL xxhash)
    pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
    target_link_libraries(lib_xxhash INTERFACE PkgConfig::XXHASH)
  elseif(name STREQUAL zstd)
    pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
    target_link_libraries(lib_zstd INTERFACE PkgConfig::ZSTD)
  else()
    message(FATAL_ERROR "cmake/rooms.txt names the library `${name}`, which cmake/Libraries.cmake does not know")
  endif()
endfunction()
