"""Task 15: a collator that pads each batch to its longest text. (Request Dispatcher, exercise 2)

Instructions have different lengths, and a batch is a rectangle. Padding everything to 512 would
make a dispatcher compute mostly on nothing; a data collator pads each batch as far as it needs.

    pytest tests/test_task15.py     judges this file
    python tasks/task15.py          runs it, and prints what the notebook prints

Out of scope: loaders (task 16).
"""

import fixtures.offline  # the hub without a network; before transformers

import torch
import transformers


def create_data_collator(tokenizer):
    """Make a data collator for dynamic padding.

    Args:
        tokenizer: a tokenizer of the Hugging Face hub, whose settings are left as they are.

    Returns:
        A transformers.DataCollatorWithPadding. Called with a list of items as task 14 makes them,
        it returns a dictionary of tensors: `input_ids` and `attention_mask` (items, longest item of
        this batch), padded as the tokenizer pads, and `labels` (items,). The items are left as they
        were.
    """
    ### START CODE HERE ###
    # 1. Make the collator of the tokenizer.
    raise NotImplementedError("Write `create_data_collator` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the notebook prints; with the real tokenizer, its very numbers."""
    tokenizer = transformers.AutoTokenizer.from_pretrained("distilbert-base-uncased")
    items = []
    for label, text in enumerate(
        ("This is a short sentence.", "This particular sentence is quite a bit longer.")
    ):
        item = tokenizer(text)
        item["labels"] = torch.tensor(label)
        items.append(item)
    print("--- Before Collation (Original input_ids) ---")
    for i, item in enumerate(items):
        print(f"Sample {i + 1} 'input_ids': {item['input_ids']}")
    print("\n--- After Collation (Padded and batched) ---")
    print(create_data_collator(tokenizer)(items)["input_ids"])


if __name__ == "__main__":
    main()
# stub 8b5742572fc52ae9
