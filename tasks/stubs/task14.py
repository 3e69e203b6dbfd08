"""Task 14: a data set that tokenizes on the fly. (Request Dispatcher, exercise 1)

A dispatcher reads an instruction, and says which kind of request it is. Its training needs pairs of
token ids and labels; the first step is a `Dataset` that makes such a pair when it is asked for one.

    pytest tests/test_task14.py     judges this file
    python tasks/task14.py          runs it on three instructions

Out of scope: padding (task 15), batches (task 16).
"""

import fixtures.offline  # the hub without a network; before transformers

import torch
from torch.utils.data import Dataset

INSTRUCTIONS = [
    "When did the first railway in Norway open?",
    "Which of these is a bird? Penguin or platypus",
    "Why do cats purr?",
]
LABELS = [0, 1, 0]  # a question, a classification, a question


class InstructionDataset(Dataset):
    """Raw texts and their labels; an item is tokenized when somebody asks for it.

    Args:
        texts (list[str]): the instructions.
        labels (list[int]): the class of each.
        tokenizer: a tokenizer of the Hugging Face hub. It is not called before an item is asked
            for: making the data set takes no time, however many texts there are.

    All three are kept as they are, under the same names: `texts`, `labels`, `tokenizer`.
    """

    def __init__(self, texts, labels, tokenizer):
        ### START CODE HERE ###
        # 1. Keep the texts.
        # 2. Keep the labels.
        # 3. Keep the tokenizer.
        raise NotImplementedError("Write `InstructionDataset.__init__` here.")
        ### END CODE HERE ###

    def __len__(self):
        """The number of texts."""
        return len(self.texts)

    def __getitem__(self, idx):
        """Tokenize one text, in one call of the tokenizer.

        Args:
            idx (int): the place of the text.

        Returns:
            A dictionary (the tokenizer's own kind will do) of `input_ids` and `attention_mask`,
            flat and without padding, cut at 512 tokens with the special ones, and `labels`, the
            label as a tensor of shape () and type torch.long.
        """
        ### START CODE HERE ###
        # 1. Take the text and the label at this place.
        # 2. Tokenize the text: truncation on, to 512 tokens.
        # 3. Add the label, as a tensor of torch.long.
        raise NotImplementedError("Write `InstructionDataset.__getitem__` here.")
        ### END CODE HERE ###


def main() -> None:
    """Show the instructions, and an item."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained("distilbert-base-uncased")
    dataset = InstructionDataset(INSTRUCTIONS, LABELS, tokenizer)
    print(f"Dataset initialized with {len(dataset)} total samples.")
    for i in range(len(dataset)):
        print(f"Instruction: {dataset.texts[i]}")
        print(f"Label:       {dataset.labels[i]}")
    print(f"First item:  {dict(dataset[0])}")


if __name__ == "__main__":
    main()
# stub 7e972e146b47f945
