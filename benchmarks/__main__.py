"""``python -m benchmarks [MEASURE …] [--rounds N] [--seconds S]``: prints a table of ratios and the bounds for them."""

import argparse

from benchmarks import bookkeeping, footprint, keeping, kills, measures, promotions, testing

_MODULES = (measures, footprint, promotions, bookkeeping, testing, keeping, kills)
MEASURES = {name: measure for module in _MODULES for name, measure in module.MEASURES.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("measure", nargs="*", default=list(MEASURES), help=f"any of {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each pair is measured in turn")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one side of a pair is loaded")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.measure if name not in MEASURES]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(MEASURES)}")
    print(f"{'measure':62} {'value':>7} {'bound':>8}  ")
    for name in chosen.measure:
        for result in MEASURES[name](chosen.rounds, chosen.seconds):
            bound = f"{'≥' if result.at_least else '≤'} {result.bound:g}"
            verdict = "kept" if result.kept else "MISSED"
            print(f"{result.name:62} {result.value:7.2f} {bound:>8}  {verdict}  {result.detail}", flush=True)


if __name__ == "__main__":
    main()
