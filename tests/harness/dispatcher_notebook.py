"""A notebook with the flow of the assignment: its imports, data, exercises and checks, in order."""

import nbformat

CELLS = {
    "imports": """
from pprint import pprint

import numpy as np
import pandas as pd
from sklearn.utils.class_weight import compute_class_weight
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
import transformers
""",
    "helpers": """
import helper_utils
import unittests
""",
    "device": "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "data": """
df = pd.read_csv("./databricks-dolly-15k-dataset/databricks-dolly_augmented.csv").dropna()
print(len(df), "instructions")
df = df[df["instruction"].str.len() < 100].head(2_000).reset_index(drop=True)  # to save time
""",
    "table": "df.head(3)",
    "classes": """
merged = {"general_qa": "q_and_a", "open_qa": "q_and_a", "closed_qa": "q_and_a",
          "information_extraction": "information_distillation",
          "summarization": "information_distillation"}
df["category"] = df["category"].replace(merged)
cat2id = {name: number for number, name in enumerate(df["category"].unique())}
id2cat = {number: name for name, number in cat2id.items()}
df["label"] = df["category"].map(cat2id)
texts, labels = df["instruction"].tolist(), df["label"].tolist()
pprint(cat2id)
""",
    "style": "display(df[['instruction', 'label']].sample(3).style.hide(axis='index'))",
    "model": """
helper_utils.download_bert("distilbert-base-uncased", "./distilbert-local-base")
bert_model, bert_tokenizer = helper_utils.load_bert("./distilbert-local-base", num_classes=5)
""",
    "exercise 1": """
# The data set
class InstructionDataset(Dataset):
    def __init__(self, texts, labels, tokenizer):
        self.texts = texts
        self.labels = labels
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, idx):
        found = self.tokenizer(self.texts[idx], truncation=True, max_length=512)
        found["labels"] = torch.tensor(self.labels[idx], dtype=torch.long)
        return found
""",
    "check 1": "unittests.exercise_1(InstructionDataset)",
    "parts": """
full_dataset = InstructionDataset(texts, labels, bert_tokenizer)
train_dataset, val_dataset = helper_utils.create_dataset_splits(
    full_dataset, train_split_percentage=0.8
)
""",
    "exercise 2": """
def create_data_collator(tokenizer):
    return transformers.DataCollatorWithPadding(tokenizer=tokenizer)
""",
    "check 2": "# Test your code!\nunittests.exercise_2(create_data_collator)",
    "exercise 3": """
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    options = {"batch_size": batch_size, "collate_fn": collate_fn}
    return (DataLoader(train_dataset, shuffle=True, **options),
            DataLoader(val_dataset, shuffle=False, **options))
""",
    "check 3": "unittests.exercise_3(create_dataloaders)",
    "loaders": """
train_loader, val_loader = create_dataloaders(
    train_dataset, val_dataset, 32, create_data_collator(bert_tokenizer)
)
""",
    "exercise 4": """
def calculate_class_weights(train_dataset, device):
    own = [train_dataset.dataset.labels[i] for i in train_dataset.indices]
    weights = compute_class_weight(class_weight="balanced", classes=np.unique(own), y=own)
    return torch.tensor(weights, dtype=torch.float).to(device)
""",
    "check 4": "unittests.exercise_4(calculate_class_weights)",
    "loss": """
loss_function = nn.CrossEntropyLoss(weight=calculate_class_weights(train_dataset, device))
""",
    "exercise 5": """
def partially_freeze_bert_layers(model, layers_to_train=3):
    for parameter in model.parameters():
        parameter.requires_grad = False
    layers = model.distilbert.transformer.layer
    for i in range(layers_to_train):
        for parameter in layers[-(i + 1)].parameters():
            parameter.requires_grad = True
    for part in (model.pre_classifier, model.classifier):
        for parameter in part.parameters():
            parameter.requires_grad = True
    return model
""",
    "check 5": "unittests.exercise_5(partially_freeze_bert_layers)",
    "numbers": "layers_to_train, learning_rate, num_epochs = 4, 3e-4, 2",
    "training": """
trained_bert, partial_results = helper_utils.training_loop(
    model=partially_freeze_bert_layers(bert_model, layers_to_train),
    train_loader=train_loader, val_loader=val_loader, loss_function=loss_function,
    learning_rate=learning_rate, num_epochs=num_epochs, device=device,
)
print(f"Loss: {partial_results['val_loss']:.4f}, F1: {partial_results['val_f1']:.4f}")
""",
    "check 6": "unittests.exercise_6(partial_results)",
    "logs": "helper_utils.save_training_logs(partial_results)",
    "plots": "helper_utils.analyze_and_plot_results(partial_results, id2cat)",
    "unseen": """
trained_bert.eval()
for text in ("Compose a haiku about a rainy day.", "Is a tomato a fruit or a vegetable?"):
    print(helper_utils.predict_category(
        model=trained_bert, tokenizer=bert_tokenizer, text=text, device=device, id2cat=id2cat
    ))
""",
}


def notebook_of(**changed):
    """The notebook as JSON text, with some cells changed; None leaves a cell out."""
    cells = CELLS | {name.replace("_", " "): source for name, source in changed.items()}
    elsewhere = {"name": "conda-base-py", "display_name": "Python 3"}  # as the course has it
    made = nbformat.v4.new_notebook(metadata={"kernelspec": elsewhere})
    for name, source in cells.items():
        if source is not None:
            made.cells.append(nbformat.v4.new_markdown_cell(f"## {name}"))
            made.cells.append(nbformat.v4.new_code_cell(source.strip()))
    return nbformat.writes(made)
