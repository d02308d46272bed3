from tools.run_notebooks import to_markdown


def output(kind, **rest):
    return {"output_type": kind, **rest}


def test_what_a_cell_says_and_gives_is_kept_and_what_it_says_meanwhile_is_not():
    outputs = [
        output("stream", name="stdout", text="80 %\n"),
        output("stream", name="stderr", text="training: 3 of 9"),
        output("display_data", data={"text/plain": "a bar"}),
        output("execute_result", data={"text/plain": "[1, 2]"}),
    ]
    assert to_markdown(outputs) == "```text\n80 %\n```\n\n```text\n[1, 2]\n```"


def test_a_table_is_one_block_of_html_without_the_look_of_pandas():
    table = (
        '<div>\n<style scoped>\n  th { color: red }\n</style>\n\n  <table border="1" class="dataframe"></table>\n</div>'
    )
    outputs = [output("execute_result", data={"text/plain": "a table", "text/html": table})]
    assert to_markdown(outputs) == "<div>\n<div>\n<table></table>\n</div>\n</div>"
