"""Formats of the nightly report, read as their readers would: JSON by its schema, line protocol by its grammar, Slack's limits."""
import json
import os
import subprocess
import sys

import jsonschema

import prowltest
from test_report import strict

sys.path.insert(0, os.path.join(prowltest.ROOT, "tests"))
import lineprotocol  # noqa: E402

SAMPLE = os.path.join(os.path.dirname(prowltest.PROWL), "tests/unit/night_sample")
SCHEMA = os.path.join(prowltest.ROOT, "lib/report/night.schema.json")
NIGHTS = ("usual", "empty", "unread", "evil", "large")


def sample(form, night):
    done = subprocess.run([SAMPLE, form, night], stdout=subprocess.PIPE, check=True, timeout=120)
    return done.stdout.decode()  # which is valid UTF-8, then


class Json(prowltest.Case):
    def setUp(self):
        super().setUp()
        with open(SCHEMA) as f:
            self.schema = json.load(f)
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(strict(self.schema))

    def test_every_night_keeps_to_the_schema(self):
        for night in NIGHTS[:-1]:
            with self.subTest(night=night):
                self.validator.validate(json.loads(sample("json", night)))

    def test_the_schema_finds_what_is_wrong(self):
        whole = json.loads(sample("json", "usual"))
        for path, value in ((("schema",), 2), (("until",), "yesterday"), (("headline", "builds"), -1), (("tests", 0, "class"), "flakey"),
                            (("tests", 0, "raw", "low"), 2), (("jobs", 0, "missing"), "no"), (("extra",), 1), (("builds", 0, "kind"), "x")):
            with self.subTest(path=path):
                night = json.loads(json.dumps(whole))
                place = night
                for part in path[:-1]:
                    place = place[part]
                place[path[-1]] = value
                self.assertFalse(self.validator.is_valid(night))
        for member in self.schema["required"]:
            self.assertFalse(self.validator.is_valid({k: v for k, v in whole.items() if k != member}), member)

    def test_counts_agree_with_lists(self):
        night = json.loads(sample("json", "large"))
        self.assertEqual(len(night["tests"]) + night["quiet_tests"], sum(night["headline"]["classes"].values()))
        self.assertEqual(len(night["tests"][0]["days"]), night["days"])
        self.assertEqual({len(row["cells"]) for row in night["grid"]["rows"]}, {len(night["grid"]["builds"])})


class Others(prowltest.Case):
    def test_line_protocol_is_read_by_all_of_its_readers(self):
        for night in NIGHTS:
            with self.subTest(night=night):
                data = sample("lp", night).encode()
                self.assertEqual(list(lineprotocol.mistakes(data)), [])
        points = list(lineprotocol.points(sample("lp", "usual").encode()))
        self.assertEqual({p.measurement for p in points}, {"ci_night", "ci_job_night", "ci_flaky_test"})
        self.assertEqual({tag for p in points for tag in dict(p.tags)}, {"class", "job"})

    def test_slack_takes_it(self):
        for night in NIGHTS:
            with self.subTest(night=night):
                message = json.loads(sample("slack", night))
                self.assertEqual(set(message), {"text", "blocks"})
                self.assertLessEqual(len(message["blocks"]), 50)
                texts = [b["text"]["text"] for b in message["blocks"]]
                self.assertTrue(all(0 < len(t) <= 3000 for t in texts))
                self.assertLessEqual(len(texts[0]), 150)
                self.assertLess(sum(map(len, texts)), 13000)

    def test_a_digest_has_one_line_a_finding(self):
        for night in ("usual", "large"):
            findings = [json.loads(line) for line in sample("digest", night).splitlines()]
            self.assertEqual(len({f["key"] for f in findings}), len(findings))
            self.assertEqual({f["state"] for f in findings}, {"open", "close"})
            for f in findings:
                self.assertEqual(set(f), {"schema", "key", "state", "subject", "class", "title", "body"})
                self.assertIn(f"<!-- {f['key']} -->", f["body"])
                self.assertLessEqual(len(f["body"]), 65536)

    def test_markdown_fits_a_comment(self):
        for night in NIGHTS:
            self.assertLessEqual(len(sample("md", night)), 65536)
        self.assertRegex(sample("md", "large"), r"\nLeft out: .*\d+ clusters.*\.\n\Z")
        self.assertNotIn("Left out", sample("md", "usual"))

    def test_the_same_night_gives_the_same_bytes(self):
        for form in ("text", "md", "json", "lp", "slack", "digest"):
            self.assertEqual(sample(form, "evil"), sample(form, "evil"), form)


if __name__ == "__main__":
    prowltest.main()
