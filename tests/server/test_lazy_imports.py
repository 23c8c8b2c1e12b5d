"""What a process loads before it is ready."""

import subprocess
import sys

HEAVY = (
    "mlflow",
    "numpy",
    "chromadb",
    "onnxruntime",
    "onnx",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "openai",
    "alembic",
)


def test_a_server_is_made_without_any_heavy_package() -> None:
    code = (
        "import sys\n"
        "from server.app import make_app\n"
        "from server.settings import Settings\n"
        "make_app(Settings(sources=()))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert made.stdout.strip() == "[]"
