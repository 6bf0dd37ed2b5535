#!/usr/bin/python3
"""lineprotocol.py [--legacy] [FILE…] - check InfluxDB line protocol as strictly as any of its readers would.

A line passes that InfluxDB 1, 2 and 3 and both parsers of Telegraf read in the same way, and no other: what one of them
refuses, and what two of them understand differently, is a mistake. --legacy lets tags and fields have the same names.
As a module: points(data) gives the points or raises Mistake; mistakes(data) gives every mistake as (line number, words).
"""
import re
import sys

TIME_LIMIT = 9223372036854775806
SERIES_BYTES = 65535
STRING_BYTES = 64 * 1024
RESERVED = {"time", "_field", "_measurement"}
KEYWORDS = {"all", "duration", "key", "name", "select", "from", "where", "group", "by", "order", "limit"}


class Mistake(Exception):
    pass


class Point:
    def __init__(self, measurement, tags, fields, time):
        self.measurement, self.tags, self.fields, self.time = measurement, tags, fields, time

    def series(self):
        return (self.measurement, tuple(sorted(self.tags.items())))

    def key(self):
        """What makes a point one of its own in InfluxDB."""
        return self.series() + (self.time,)


def word(text, at, ends, escapes, what):
    """A name or a tag's value from text[at:] up to one of `ends`; (its plain form, where it ended)."""
    out, start = [], at
    while at < len(text) and text[at] not in ends:
        char = text[at]
        if char == "\\":
            if at + 1 == len(text) or text[at + 1] not in escapes:
                raise Mistake(f"{what}: a backslash before {text[at + 1:at + 2]!r} means different things to different readers")
            at += 1
            char = text[at]
        elif char in "\t\n\f\r\v" or ord(char) < 0x20 or ord(char) == 0x7f:
            raise Mistake(f"{what}: a control character")
        elif char in escapes:
            raise Mistake(f"{what}: {char!r} is not escaped")
        out.append(char)
        at += 1
    if at == start:
        raise Mistake(f"{what} is empty")
    return "".join(out), at


def string(text, at):
    out = []
    at += 1
    while at < len(text) and text[at] != '"':
        char = text[at]
        if char == "\\":
            if text[at + 1:at + 2] not in ('"', "\\"):
                raise Mistake(f"a string: \\{text[at + 1:at + 2]} is no escape, and Telegraf refuses the line")
            at += 1
            char = text[at]
        elif ord(char) < 0x20 or ord(char) == 0x7f:
            raise Mistake("a string: a control character")
        out.append(char)
        at += 1
    if at == len(text):
        raise Mistake("a string does not end")
    value = "".join(out)
    if len(value.encode()) > STRING_BYTES:
        raise Mistake("a string is longer than 64 KiB")
    return value, at + 1


def value(text, at):
    """A field's value and where it ended."""
    if text[at:at + 1] == '"':
        return string(text, at)
    end = at
    while end < len(text) and text[end] not in ", ":
        end += 1
    word_ = text[at:end]
    if word_ in ("t", "T", "true", "True", "TRUE"):
        return True, end
    if word_ in ("f", "F", "false", "False", "FALSE"):
        return False, end
    if re.fullmatch(r"-?(0|[1-9][0-9]*)i", word_):
        number = int(word_[:-1])
        if not -2 ** 63 <= number < 2 ** 63:
            raise Mistake(f"{word_} does not fit into 64 bits")
        return number, end
    if re.fullmatch(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", word_):
        number = float(word_)
        if number in (float("inf"), float("-inf")):
            raise Mistake(f"{word_} is out of range")
        return number, end
    raise Mistake(f"{word_!r} is no value")


def point(line, legacy=False):
    if line.startswith(("#", " ", "\t")):
        raise Mistake("a line begins with its measurement")
    measurement, at = word(line, 0, ", ", "", "the measurement")
    tags, fields = {}, {}
    while line[at:at + 1] == ",":
        key, at = word(line, at + 1, "=, ", ",= ", "a tag's key")
        if line[at:at + 1] != "=":
            raise Mistake(f"tag {key}: no '=' behind its key")
        tags_value, at = word(line, at + 1, ", ", ",= ", f"tag {key}")
        if key in tags:
            raise Mistake(f"tag {key} is there twice")
        if tags_value[0] in '"\'' or tags_value != tags_value.strip(" "):
            raise Mistake(f"tag {key}: quotes or blanks around a value become part of it")
        tags[key] = tags_value
    if len(line[:at].encode()) > SERIES_BYTES:
        raise Mistake("the series' key is longer than 65535 bytes")
    if line[at:at + 1] != " ":
        raise Mistake("no field")
    while True:
        key, at = word(line, at + 1, "=, ", ",= ", "a field's key")
        if line[at:at + 1] != "=":
            raise Mistake(f"field {key}: no '=' behind its key")
        fields_value, at = value(line, at + 1)
        if key in fields:
            raise Mistake(f"field {key} is there twice")
        fields[key] = fields_value
        if line[at:at + 1] != ",":
            break
    match = re.fullmatch(r" (-?[0-9]{1,19})", line[at:])
    if match is None:
        raise Mistake(f"{line[at:]!r} is no time")
    time = int(match[1])
    if abs(time) > TIME_LIMIT:
        raise Mistake(f"{time} is out of the range of times")
    names = set(tags) | set(fields)
    if names & RESERVED:
        raise Mistake(f"{sorted(names & RESERVED)[0]} is a reserved name")
    if not legacy and set(tags) & set(fields):
        raise Mistake(f"{sorted(set(tags) & set(fields))[0]} is a tag and a field")
    if not legacy and names & KEYWORDS:
        raise Mistake(f"{sorted(names & KEYWORDS)[0]} is a word of the query language")
    return Point(measurement, tags, fields, time)


def walk(data, legacy):
    """(line number, Point or Mistake) of each line, then of the whole."""
    types, keys = {}, {}
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        yield data[:error.start].count(b"\n") + 1, Mistake("no valid UTF-8")
        return
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, Mistake("the last line does not end")
    for number, line in enumerate(text[:-1].split("\n") if text.endswith("\n") else text.split("\n") if text else [], 1):
        try:
            p = point(line, legacy)
            for name, got in p.fields.items():
                first = types.setdefault((p.measurement, name), type(got))
                if first is not type(got):
                    raise Mistake(f"field {name} of {p.measurement} was {first.__name__} and is {type(got).__name__}")
            if keys.setdefault(p.key(), number) != number:
                raise Mistake(f"the same point as in line {keys[p.key()]}: one of them is lost")
            yield number, p
        except Mistake as mistake:
            yield number, mistake


def points(data, legacy=False):
    out = []
    for number, item in walk(data, legacy):
        if isinstance(item, Mistake):
            raise Mistake(f"line {number}: {item}")
        out.append(item)
    return out


def mistakes(data, legacy=False):
    return [(number, str(item)) for number, item in walk(data, legacy) if isinstance(item, Mistake)]


def main():
    legacy = "--legacy" in sys.argv[1:]
    names = [a for a in sys.argv[1:] if a != "--legacy"] or ["-"]
    bad = lines = 0
    for name in names:
        data = sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()
        lines += data.count(b"\n")
        for number, text in mistakes(data, legacy):
            print(f"{name}:{number}: {text}")
            bad += 1
    print(f"{lines} lines, {bad} mistakes")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
