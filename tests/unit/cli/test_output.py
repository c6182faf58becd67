"""What is printed, to the byte."""

import io

from convox.cli.output import Output


def printed(act, *, live=False, colour=False, as_json=False):
    out, err = io.BytesIO(), io.BytesIO()
    output = Output(out, err, live=live, colour=colour)
    output.as_json = as_json
    act(output)
    return out.getvalue().decode(), err.getvalue().decode()


def test_a_table_pads_all_columns_but_the_last():
    rows = [("a", "running", "R1"), ("longer", None, "")]
    out, _ = printed(lambda output: output.table(None, ("APP", "STATUS", "RELEASE"), rows))
    assert out == "APP     STATUS   RELEASE\na       running  R1\nlonger           \n"


def test_an_empty_table_has_its_header_only():
    assert printed(lambda output: output.table([], ("ID", "APP"), []))[0] == "ID  APP\n"


def test_a_record_indents_the_further_lines_of_a_value():
    pairs = [("Name", "dev"), ("Router", "a (external)\nb (internal)"), ("Count", 3)]
    out, _ = printed(lambda output: output.record(None, pairs))
    assert out == "Name    dev\nRouter  a (external)\n        b (internal)\nCount   3\n"


def test_json_replaces_table_and_record_when_it_is_asked_for():
    source = [{"name": "ä"}]
    table = printed(lambda output: output.table(source, ("NAME",), [("ä",)]), as_json=True)[0]
    assert table == '[\n  {\n    "name": "ä"\n  }\n]\n'
    assert printed(lambda output: output.record(source, []), as_json=True)[0] == table


def test_progress_ends_its_line_with_the_result():
    def act(output):
        output.start("Importing build")
        output.ok("R1")
        output.start("Promoting R1")
        output.error("rollback")

    assert printed(act) == ("Importing build... OK, R1\nPromoting R1... ", "ERROR: rollback\n")


def test_colours_stand_around_words_and_not_around_their_padding_on_a_terminal():
    out, _ = printed(lambda output: output.ok(), colour=True)
    assert out == "\x1b[38;5;46mOK\x1b[0m\n"


def test_a_live_line_is_gone_before_the_next_word():
    def act(output):
        output.live("soak (9 of 10)")
        output.line("done")

    assert printed(act, live=True)[0] == "\r\x1b[Ksoak (9 of 10)\r\x1b[Kdone\n"
    assert printed(act)[0] == "done\n"


def test_bytes_that_are_no_text_go_out_as_they_are():
    out = io.BytesIO()
    Output(out, io.BytesIO(), live=False, colour=False).raw(b"\x00\xff\xfe")
    assert out.getvalue() == b"\x00\xff\xfe"
