"""What any `translate(list of texts)` must do, whatever the languages."""

from kata.testing import expect, lazy
from tests.language import (
    ODD_TEXTS,
    STRANGE_SPANISH,
    check_cut,
    check_own_place,
    check_texts,
    chrf,
    mean_chrf,
    unseen,
)

translation = lazy("fixtures.corpora.translation")

GOOD = 50  # chrF; the right stand-ins reach 99 and more


class Direction:
    """From Spanish to another language, by its field of a translated sentence."""

    def __init__(self, language):
        self.language = language

    def sentences(self, count, seed=7):
        """Unseen Spanish sentences, and their translations."""
        items = unseen(translation.sentence, count, seed)
        return [item.spanish for item in items], [getattr(item, self.language) for item in items]

    def check_list(self, task, count, seed):
        texts, _ = self.sentences(count, seed)
        check_texts(task.translate(texts), count, "translations")

    def check_meaning(self, task):
        texts, wanted = self.sentences(30)
        found = check_texts(task.translate([*texts]), 30, "translations")
        worst = min(range(30), key=lambda i: chrf(found[i], wanted[i]))
        reached = mean_chrf(found, wanted)
        nearest = max(range(30), key=lambda i: chrf(found[worst], wanted[i]))
        expect.measured(
            "chrF",
            reached,
            f"chrF {reached:.0f}, with {found[worst]!r} for {texts[worst]!r}; "
            + (
                f"that belongs to {texts[nearest]!r}: is the order kept?"
                if chrf(found[worst], wanted[nearest]) > GOOD
                else "that is the text itself: are the model's ids decoded, or the input's?"
                if chrf(found[worst], texts[worst]) > 90
                else "is the model made for this direction, and the tokenizer its own?"
            ),
            least=GOOD,
            expected=f"translations of 30 sentences with a chrF of {GOOD} or more, such as "
            f"{wanted[worst]!r}",
        )

    def check_long_sentences(self, task):
        texts, wanted = self.sentences(300, seed=9)
        pairs = sorted(zip(texts, wanted, strict=True), key=lambda pair: -len(pair[1]))[:6]
        broken_off = []
        for text, whole in pairs:
            (found,) = check_texts(task.translate([text]), 1, "translations")
            good = len(found) > 0.7 * len(whole) and chrf(found, whole) > GOOD
            expect.that(good, f"something like {whole!r}", repr(found))
            if found[-8:] != whole[-8:]:
                broken_off.append((found, whole))
        found, whole = broken_off[0] if broken_off else pairs[0]
        expect.measured(
            "whole sentences",
            6 - len(broken_off),
            f"{len(broken_off)} of 6 end otherwise, as {found!r}",
            least=3,
            expected=f"6 long sentences to their end, as {whole!r}",
        )

    def check_order(self, task):
        texts, wanted = self.sentences(7, seed=3)
        texts, wanted = [*texts, texts[2]], [*wanted, wanted[2]]  # people repeat themselves
        found = task.translate([*texts])
        seven = isinstance(found, list) and len(found) == 7
        expect.that(
            not seven, "8 translations: texts[2] and texts[7] are the same, and both count", "7"
        )
        check_own_place(check_texts(found, 8, "translations"), wanted, chrf)

    def check_alone(self, task):
        # Short ones beside long ones, which need the most padding, and what no model is sure of.
        texts = sorted(self.sentences(200, seed=9)[0], key=len)
        texts = [*texts[:12], *texts[-4:], *STRANGE_SPANISH]
        together = check_texts(task.translate(texts), len(texts), "translations")
        for text, among in zip(texts, together, strict=True):
            (alone,) = check_texts(task.translate([text]), 1, "translations")
            expect.that(
                among == alone,
                f"{text!r} becomes {alone!r} among {len(texts) - 1} others, as it does alone",
                f"{among!r} among them; is the attention mask passed on, and does nothing sample?",
            )

    def check_input_is_kept(self, task):
        texts = [f" {text} " for text in self.sentences(3)[0]]
        before = list(texts)
        task.translate(texts)
        expect.equal(texts, before, "the list of texts")

    def check_odd_text(self, task, name):
        texts, wanted = self.sentences(1)
        texts = [ODD_TEXTS[name], *texts]
        found = check_cut(lambda: task.translate(texts), texts[0], spare=0.05)
        check_texts(found, 2, "translations", empty=True)
        good = chrf(found[1], wanted[0]) > GOOD
        expect.that(good, f"{wanted[0]!r} for the text beside it", repr(found[1]))
