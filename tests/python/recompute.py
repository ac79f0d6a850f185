"""Recomputes what a data package says, from its items alone and without our code.

    recompute.py PACKAGE [--except INSTRUMENT ...]

Scores: every sum and mean of items whose formula the dictionary states, with its missing rule, against scores_long.
The wide file: every item against items_long, every score against scores_long. Exits with 1 at the first difference.
"""

import argparse
import re
import sys
from pathlib import Path

import pandas as pd

KEY = ["participant_id", "occasion", "respondent", "instrument"]
FORMULA = re.compile(r"^(sum|mean) of items ([^;]+); (?:up to (\d+) missing answers|not scorable)")
OPERAND = re.compile(r"^(?:([-0-9.]+) \* )?(\w+)( \(reversed\))?$")


def read(package, name):
    return pd.read_csv(package / f"{name}.csv", dtype=str, keep_default_na=False)


def fail(what):
    sys.exit(f"differs: {what}")


def operands(text):
    """[(weight, item, reversed)] of '1, 2 (reversed), 0.5 * 3'."""
    found = [OPERAND.match(part) for part in text.split(", ")]
    return [(float(match[1] or 1), match[2], match[3] is not None) for match in found]


def spans(dictionary, codelists):
    """(instrument, item) -> least and largest value, from the code lists."""
    values = codelists[codelists.value != ""].groupby("list").value.apply(lambda cells: [float(cell) for cell in cells])
    items = dictionary[(dictionary.dataset == "wide") & dictionary.codes.isin(values.index)]
    return {
        (row.instrument, row.item_or_score): (min(values[row.codes]), max(values[row.codes])) for row in items.itertuples()
    }


def expected(kind, parts, most_missing, answers, span):
    """The score and the number of missing answers; no score if too many are missing."""
    answered = []
    for weight, item, is_reversed in parts:
        if item in answers:
            value = answers[item]
            if is_reversed:
                least, most = span[item]
                value = least + most - value
            answered.append(weight * value)
    missing = len(parts) - len(answered)
    if missing > most_missing or not answered:
        return None, missing
    mean = sum(answered) / len(answered)
    return (mean * len(parts) if kind == "sum" else mean), missing


def check_scores(package, skipped):
    dictionary, items, scores = read(package, "dictionary"), read(package, "data/items_long"), read(package, "data/scores_long")
    span = spans(dictionary, read(package, "codelists"))
    formulas = {
        (row.instrument, row.item_or_score): FORMULA.match(row.formula)
        for row in dictionary[(dictionary.dataset == "wide") & (dictionary.formula != "")].itertuples()
    }
    answers = {key: dict(zip(group.item, group.value.astype(float))) for key, group in items[items.value != ""].groupby(KEY)}
    # Where an item does not apply or was not shown, the key has rules of its own.
    special = set(items[items.item_state.isin(["not_applicable", "not_shown"])].set_index(KEY).index)
    checked = 0
    for row in scores.itertuples():
        key = (row.participant_id, row.occasion, row.respondent, row.instrument)
        formula = formulas.get((row.instrument, row.score))
        if formula is None or row.instrument in skipped or key in special:
            continue
        of_instrument = {item: limits for (instrument, item), limits in span.items() if instrument == row.instrument}
        value, missing = expected(formula[1], operands(formula[2]), int(formula[3] or 0), answers.get(key, {}), of_instrument)
        name = f"{row.participant_id} {row.occasion} {row.instrument} {row.score}"
        if int(row.n_missing) != missing:
            fail(f"{name}: {row.n_missing} missing, counted {missing}")
        if (row.value == "") != (value is None) or (value is not None and abs(float(row.value) - value) > 5e-6):
            fail(f"{name}: {row.value or 'no value'}, computed {value}")
        checked += 1
    return checked


def check_wide(package):
    dictionary, wide = read(package, "dictionary"), read(package, "data/wide").set_index("participant_id")
    items, scores = read(package, "data/items_long"), read(package, "data/scores_long")
    items["cell"] = items.value.where(items.value != "", items.value_code)
    # A choice whose codes are words holds the code.
    scores["cell"] = scores.value
    long = {
        (*(getattr(row, name) for name in KEY), part): row.cell
        for frame, column in ((items, "item"), (scores, "score"))
        for row, part in zip(frame.itertuples(), frame[column])
        if row.cell != ""
    }
    columns = dictionary[(dictionary.dataset == "wide") & (dictionary.item_or_score != "")]
    checked = 0
    for column in columns.itertuples():
        for participant, cell in wide[column.column].items():
            other = long.get((participant, column.occasion, column.respondent, column.instrument, column.item_or_score), "")
            if cell != other:
                fail(f"{participant} {column.column}: {cell or 'empty'} in wide, {other or 'empty'} in long")
            checked += cell != ""
    return checked


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--except", nargs="*", default=[], dest="skipped", metavar="INSTRUMENT")
    arguments = parser.parse_args()
    scores = check_scores(arguments.package, set(arguments.skipped))
    cells = check_wide(arguments.package)
    print(f"{scores} scores and {cells} cells of the wide file agree")


if __name__ == "__main__":
    main()
