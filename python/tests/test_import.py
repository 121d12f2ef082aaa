"""What importing the package does to a process."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("code", ["import sabot; import hashlib, ssl", "import hashlib, ssl; import sabot",
                                  "import sabot; import pyarrow.parquet, hashlib",
                                  "import pyarrow.parquet; import sabot, hashlib"])
def test_openssl_works_beside_the_engine(code):
    code += "; print(hashlib.new('sha512_256', b'x').hexdigest()[:8])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, len(done.stdout.strip())) == (0, 8), done.stderr


def test_spark_in_process_works_in_a_command_without_a_file():
    code = "from sabot.spark import SparkSession; print(SparkSession.builder.getOrCreate().range(3).count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
