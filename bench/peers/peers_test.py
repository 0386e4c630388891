"""The logic of scripts/bench --peers: what it reads, sums up, marks and writes; nothing is measured."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402
from contenders import ALL, ROOT  # noqa: E402
from figures import Figures, goals, markdown, share_of_others, summary  # noqa: E402
from plots import scale  # noqa: E402
from server import answer, configuration, parsed_status  # noqa: E402


def a_run(cpu, others=0.0, rss=1024):
    return {"cpu_us_per_request": cpu, "max_rss_kib": rss, "others": others}


def results_of(costs, transport="plain", page="empty"):
    """Results with a run a figure; costs: key -> (at 16 connections, at 256)."""
    kinds = {each.key: each.kind for each in ALL}
    return {
        "date": "2026-11-30", "command": "scripts/bench --peers", "machine": "a machine", "server": "1.22.1", "rounds": 1,
        "contenders": [{"key": key, "label": key, "kind": kinds[key], "note": ""} for key in costs],
        "figures": [{"contender": key, "page": page, "transport": transport, "connections": connections,
                     **summary([a_run(cpu)])}
                    for key, of in costs.items() for connections, cpu in zip((16, 256), of)],
    }


class Reading(unittest.TestCase):
    def test_status_of_nginx(self):
        text = ("Active connections: 2 \nserver accepts handled requests\n 17 17 3001 \n"
                "Reading: 0 Writing: 1 Waiting: 1 \n")
        self.assertEqual(parsed_status(text), (17, 3001))

    def test_time_of_a_core(self):
        text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 9 9 9 9 9 9 9 9 0 0\ncpu1 100 20 30 4000 50 6 7 8 0 0\ncpu10 1 1 1 1 1 1 1 1 0 0\n"
        self.assertAlmostEqual(run.core_seconds(1, text), (100 + 20 + 30 + 6 + 7 + 8) / run.TICK)

    def test_what_a_poller_prints(self):
        self.assertEqual(run.figures_of('{"errors": 0, "items": 5}\n', "a warning", 0)["items"], 5)
        for output, errors, code, why in (
                ("", "Traceback\nValueError: no\n", 1, "exit code 1: ValueError: no"),
                ("hello", "", 0, "no JSON"),
                ('{"errors": 3}', "first error: timed out\n", 0, "3 errors: first error: timed out")):
            with self.subTest(why), self.assertRaises(run.Failed) as told:
                run.figures_of(output, errors, code)
            self.assertIn(why, str(told.exception))

    def test_work_that_was_not_done(self):
        contender = next(each for each in ALL if each.key == "boto3")
        run.checked({"requests": 10, "items": 1000}, contender, "full", 10, 2, 12)
        run.checked({"requests": 10, "items": 0}, contender, "empty", 10, 2, 13)  # one was repeated
        for told, counted in (({"requests": 10, "items": 999}, 12), ({"requests": 9, "items": 1000}, 12),
                              ({"requests": 10, "items": 1000}, 11)):
            with self.subTest(told=told, counted=counted), self.assertRaises(run.Failed):
                run.checked(told, contender, "full", 10, 2, counted)

    def test_options(self):
        options = run.parsed(["--only", "boto3,go", "--connections", "256,16", "--readme", "--rounds", "1"])
        self.assertEqual((options.only, options.connections, options.readme), (["boto3", "go"], [16, 256], True))
        self.assertEqual(options.given, ["--only", "boto3,go", "--connections", "256,16", "--rounds", "1"])


class Server(unittest.TestCase):
    def test_a_long_page_goes_in_pieces(self):
        page = json.dumps({"TaskInstances": [{"TaskInstanceId": f"it's \\ {i}"} for i in range(400)]})
        *pieces, last = answer(page).splitlines()
        self.assertGreater(len(pieces), 3)
        self.assertTrue(all(len(line) < 4096 for line in pieces))
        text = "".join(line.partition("'")[2][:-2] for line in pieces)
        self.assertEqual(text.replace("\\'", "'").replace("\\\\", "\\"), page)
        self.assertEqual(last.count("${piece"), len(pieces))
        with self.assertRaises(ValueError):
            answer('{"a":"$b"}')

    def test_configuration(self):
        text = configuration({"empty": "{}"}, {("empty", "plain"): 4001, ("empty", "tls"): 4002}, 4003, 2)
        for part in ("worker_cpu_affinity 100;", "listen 127.0.0.1:4001 backlog", "listen 127.0.0.1:4002 ssl backlog",
                     "listen 127.0.0.1:4003;"):
            self.assertIn(part, text)


class SumsUp(unittest.TestCase):
    def test_share_of_others(self):
        self.assertAlmostEqual(share_of_others(1.5, 1.2, 2.0), 0.15)
        self.assertEqual(share_of_others(1.19, 1.2, 2.0), 0)  # ticks of the core are coarse

    def test_disturbed_runs_are_left_out_where_others_are_there(self):
        of = summary([a_run(10), a_run(90, others=0.3), a_run(12)])
        self.assertEqual((of["cpu_us_per_request"], of["disturbed"], of["runs_used"]), (11, False, 2))
        of = summary([a_run(10, 0.06), a_run(90, 0.3), a_run(12, 0.2)])
        self.assertEqual((of["cpu_us_per_request"], of["disturbed"], of["runs_used"]), (12, True, 3))

    def test_a_failed_run_is_no_figure(self):
        self.assertEqual(summary([{"failed": "why"}, a_run(3)])["cpu_us_per_request"], 3)
        self.assertEqual(summary([{"failed": "why"}]), {"failed": "why"})

    def test_goals(self):
        told = goals(results_of({"epoll": (9, 9), "beast": (10, 8), "library": (13, 16), "go": (80, 90),
                                 "rust": (78, 96)}))
        self.assertEqual([(each["value"], each["kept"]) for each in told],
                         [(1.3, True), (2.0, False), (1.23, False), (6.0, True), (5.62, False)])
        self.assertIn("(go)", told[-1]["goal"])
        told = goals(results_of({"epoll": (9, 8), "beast": (10, 12), "library": (12, 12)}, "tls", "full"))
        self.assertEqual([(each["value"], each["kept"]) for each in told], [(1.33, True), (1.5, True), (1.0, True)])

    def test_scale(self):
        self.assertEqual(scale(6.5, 1300), [5, 10, 20, 50, 100, 200, 500, 1000, 2000])


class Writes(unittest.TestCase):
    def test_table(self):
        results = results_of({"library": (12.46, 13), "boto3": (598, 1643.2)})
        results["contenders"].append({"key": "go", "label": "Go", "kind": "sdk", "note": "", "unavailable": "no proxy"})
        results["figures"].append({"contender": "boto3", "page": "full", "transport": "plain", "connections": 16,
                                   **summary([{"failed": "3 errors"}])})
        results["figures"].append({"contender": "library", "page": "full", "transport": "plain", "connections": 16,
                                   **summary([a_run(40, others=0.5)])})
        text = markdown(results)
        self.assertIn("| **library** | 12.5 / 13.0 | 40\\* / – | 1.0 |", text)
        self.assertIn("| boto3 | 598 / 1,643 (48 / 126 ×) | – / – | 1.0 |", text)
        self.assertIn("| Go | not installable | not installable | – |", text)
        self.assertIn("* Go: not installable here: no proxy", text)
        self.assertIn("* boto3, 100 items, 16 connections: failed: 3 errors", text)
        self.assertIn("others used more than 5%", text)
        self.assertNotIn("others used more", markdown(results_of({"library": (12.46, 13)})))

    def test_section_of_readme(self):
        readme = "before\n" + run.README_BEGIN + "old\n" + run.README_END + "after\n"
        self.assertEqual(run.with_section(readme, "new\n"), readme.replace("old", "new"))
        with self.assertRaises(SystemExit):
            run.with_section("before\nafter\n", "new\n")

    def test_json_is_what_it_was_made_of(self):
        results = results_of({"library": (12, 13)})
        results["goals"] = goals(results)
        results["figures"][0]["runs"] = [a_run(12)]
        self.assertEqual(json.loads(run.by_lines(results)), results)

    def test_what_is_committed_agrees(self):
        results = json.loads((ROOT / "bench" / "results" / "peers.json").read_text())
        self.assertEqual((ROOT / "bench" / "results" / "peers.md").read_text(), markdown(results))
        self.assertIn(run.README_BEGIN + run.section_of(results) + run.README_END, (ROOT / "README.md").read_text())
        self.assertEqual(results["goals"], goals(results))
        self.assertTrue(Figures(results).cases)


if __name__ == "__main__":
    unittest.main()
