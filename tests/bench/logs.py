"""Synthetic build logs of real shape: long, mostly dull, with timestamps, progress bars, colours and a cause somewhere."""
import random

WORDS = ("controller reconcile webhook scheduler operator bundle manifest volume snapshot restore backup namespace pod service "
         "endpoint cluster node kubelet image layer digest token secret config registry operator test suite fixture module "
         "package target object archive symbol header include source compile link install deploy wait ready poll event watch "
         "cache list get create update patch delete status condition reason message retry timeout context deadline").split()

CAUSES = (
    "main.c:{n}:5: error: 'handler_{w}' undeclared (first use in this function)",
    "--- FAIL: Test{W} (0.{n}s)\n    {w}_test.go:{n}: expected 3, got 4\nFAIL\tgithub.com/acme/rocket/{w}\t1.{n}s",
    "E   AssertionError: assert {n} == 4\nFAILED tests/test_{w}.py::test_{w} - AssertionError: assert {n} == 4",
    "fatal: unable to access 'https://git.example/{w}.git/': Could not resolve host: git.example",
    "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree",
    "panic: runtime error: index out of range [{n}] with length 3",
    "error: failed to solve: {w}: failed to resolve source metadata: 429 Too Many Requests",
    "tar: {w}.o: Cannot write: No space left on device",
)


def line(rng, n):
    """One dull line; the mix was chosen after looking at what CI logs are mostly made of."""
    words = " ".join(rng.choices(WORDS, k=rng.randint(3, 14)))
    kind = rng.random()
    stamp = f"2026-03-{1 + n // 86400 % 28:02d}T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{rng.randrange(10**6):06d}Z"
    if kind < 0.25:
        return f"I0301 {n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{rng.randrange(10**6):06d}    {rng.randrange(9999)} {rng.choice(WORDS)}.go:{rng.randrange(900)}] {words}"
    if kind < 0.45:
        return f"{stamp} {words}"
    if kind < 0.55:
        return f"gcc -O2 -g -Wall -Iinclude -c -o build/{rng.choice(WORDS)}_{n}.o src/{rng.choice(WORDS)}_{n}.c"
    if kind < 0.62:
        return f"ok  \tgithub.com/acme/rocket/pkg/{rng.choice(WORDS)}\t{rng.random() * 9:.3f}s\tcoverage: {rng.random() * 99:.1f}% of statements"
    if kind < 0.70:
        return f"=== RUN   Test{rng.choice(WORDS).title()}/{rng.choice(WORDS)}_{n}\n--- PASS: Test{rng.choice(WORDS).title()} ({rng.random():.2f}s)"
    if kind < 0.76:
        return '{"level":"info","ts":"%s","msg":"%s","attempt":%d,"id":"%016x"}' % (stamp, words, n % 7, rng.getrandbits(64))
    if kind < 0.80:
        return f"\x1b[32m[INFO]\x1b[0m {words} \x1b[1m{n}\x1b[0m"
    if kind < 0.83:
        return "\r".join(f"Downloading {rng.choice(WORDS)} {p}%" for p in range(0, 101, 20))
    if kind < 0.90:
        return f"#{n % 90} {rng.random() * 9:.3f} Get:{n % 300} http://deb.example/debian bookworm/main amd64 {rng.choice(WORDS)} amd64 1.{n % 30}-{n % 5} [{n % 900} kB]"
    if kind < 0.94:
        return f"warning: {words} is deprecated, use {rng.choice(WORDS)} instead"
    if kind < 0.97:
        return f"  retrying {rng.choice(WORDS)} in {n % 9}s: {words} not ready yet"
    return f"{rng.getrandbits(160):040x}  {rng.choice(WORDS)}-{n}.tar.gz"


def log(seed, size):
    """A log of about `size` bytes whose cause stands at nine tenths of it. The same seed gives the same bytes."""
    rng = random.Random(seed)
    pool = [line(rng, n) for n in range(min(4000, size // 40 + 50))]
    parts, length, told = [], 0, False
    while length < size:
        if not told and length > size * 0.9:
            w = rng.choice(WORDS)
            parts.append(rng.choice(CAUSES).format(n=rng.randrange(10, 90), w=w, W=w.title()))
            told = True
        text = rng.choice(pool) if rng.random() < 0.8 else line(rng, rng.randrange(10**6))
        parts.append(text)
        length += len(text) + 1
    parts.append("make: *** [Makefile:12: check] Error 1")
    return ("\n".join(parts) + "\n").encode()
