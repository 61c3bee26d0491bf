"""Lists on the command line: ``1,2`` or ``250,150,100``."""

from __future__ import annotations

import click


class LaneNumbers(click.ParamType[tuple[int, ...]]):
    """Numbers of lanes counted from 1, such as ``1,2`` or ``1-3,8``."""

    name = "lanes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers, each once, in order."""
        if isinstance(value, tuple):
            return value
        numbers: set[int] = set()
        for part in str(value).split(","):
            low, dash, high = part.strip().partition("-")
            if not low.isdecimal() or (dash and not high.isdecimal()):
                self.fail(
                    f"'{value}' is not a list of lanes: write their numbers, such as '1,2' or '1-3,8'.", param, ctx
                )
            first, last = int(low), int(high) if dash else int(low)
            if dash and last < first:
                self.fail(f"'{part.strip()}' runs downwards: write a range upwards, '{last}-{first}'.", param, ctx)
            if first < 1:
                self.fail(f"'{part.strip()}' is no lane: lanes are counted from 1, from the left.", param, ctx)
            numbers.update(range(first, last + 1))
        return tuple(sorted(numbers))


class PositiveNumbers(click.ParamType[tuple[float, ...]]):
    """Positive numbers, such as ``250,150,100``."""

    name = "numbers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Return the numbers in the order in which they were written."""
        if isinstance(value, tuple):
            return value
        numbers = []
        for part in str(value).split(","):
            try:
                number = float(part)
            except ValueError:
                self.fail(f"'{part.strip()}' in '{value}' is not a number.", param, ctx)
            if not 0 < number < float("inf"):
                self.fail(f"'{part.strip()}' in '{value}' is not a positive number.", param, ctx)
            numbers.append(number)
        return tuple(numbers)
