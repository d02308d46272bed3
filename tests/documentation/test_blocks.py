import pytest

from tests.documentation.blocks import command_lines, read_blocks


def test_blocks_are_read_in_their_order_without_scripts_and_plain_text(tmp_path):
    page = tmp_path / "page.md"
    shown, plain, script = "```sh\nmake demo\n```\n", "```\na folder\n```\n", "```sh\n#!/bin/bash\nsrun a\n```\n"
    page.write_text(f"# A\n\n{shown}\n{plain}\n```python\nx = 1\n```\n\n{script}", "utf-8")
    assert [(one.language, one.code) for one in read_blocks(page)] == [("sh", "make demo\n"), ("python", "x = 1\n")]


def test_a_block_in_yaml_is_the_file_that_its_first_line_names(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```yaml\n# mine.yaml\nseeds: [0]\n```\n\n```yaml\nseeds: [0]\n```\n", "utf-8")
    named, unnamed = read_blocks(page)
    assert named.file_name == "mine.yaml"
    with pytest.raises(AssertionError, match="the first line names the file"):
        _ = unnamed.file_name


def test_a_command_ends_at_its_comment_pipe_or_file_and_may_have_several_lines():
    several = "A=1 torchrun --nodes 2 \\\n    train.py x.yaml  # all\n"
    code = several + "vitrine completion bash > file\n\nhf jobs run bash -c 'a &&\n b'\n"
    assert command_lines(code) == [
        ["torchrun", "--nodes", "2", "train.py", "x.yaml"],
        ["vitrine", "completion", "bash"],
        ["hf", "jobs", "run", "bash", "-c", "a &&  b"],
    ]
