"""Answers to task 09, wrong and right: the tests of its tests."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import torch
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    Trainer,
    TrainingArguments,
    set_seed,
)

from fixtures.tickets import load_tickets
from kata.testing import right, wrong


def parts(seed=0, **settings):
    set_seed(seed)
    kind = AutoModelForSequenceClassification
    model = kind.from_pretrained(MODEL, **({"num_labels": 2} | settings))
    return model, AutoTokenizer.from_pretrained(MODEL)


def rows(data, tokenizer):
    encoded = tokenizer(list(data["text"]), truncation=True)
    return [
        {"input_ids": ids, "attention_mask": mask, "label": label}
        for ids, mask, label in zip(
            encoded["input_ids"], encoded["attention_mask"], data["label"], strict=True
        )
    ]


def trained(data, model, tokenizer, folder=None, **settings):
    """Train, with a scratch folder unless there is one."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = {
            "output_dir": folder or scratch,
            "num_train_epochs": EPOCHS,
            "learning_rate": LEARNING_RATE,
            "per_device_train_batch_size": BATCH_SIZE,
            "save_strategy": "no",
            "logging_strategy": "no",
            "report_to": "none",
        } | settings
        trainer = Trainer(
            model,
            TrainingArguments(**settings),
            train_dataset=rows(data, tokenizer),
            processing_class=tokenizer,
        )
        trainer.train()
    return trainer


def saved(model, tokenizer, output_dir):
    """Save beside the folder, and then replace it."""
    target = Path(output_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        new = Path(scratch) / "new"
        model.save_pretrained(new)
        tokenizer.save_pretrained(new)
        if target.exists():
            shutil.rmtree(target)
        new.rename(target)
    return model, tokenizer


FOLDER = "finetuned-customer-support-model"


@right("hands the tokenizer to Trainer, and saves by it")
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trainer = trained(train, model, tokenizer, lr_scheduler_type="constant")
    target = Path(output_dir).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        new = Path(scratch) / "new"
        trainer.save_model(str(new))
        target.exists() and target.rename(Path(scratch) / "old")
        new.rename(target)
    return trainer.model, tokenizer


@right("pads everything to the longest, and takes batches of eight")
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts(seed=5)
    encoded = tokenizer(train["text"], padding=True, truncation=True, max_length=96)
    dataset = Dataset.from_dict({**encoded, "labels": train["label"]}).with_format("torch")
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch, num_train_epochs=EPOCHS, learning_rate=LEARNING_RATE,
            per_device_train_batch_size=8, save_strategy="no", report_to="none",
        )  # fmt: skip
        Trainer(model, arguments, train_dataset=dataset).train()
    return saved(model, tokenizer, output_dir)


@right("asks text by text")
def predict(texts, model, tokenizer):
    model.eval()
    labels = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            labels.append(int(model(**inputs).logits.softmax(-1)[0, 1] > 0.5))
    return labels


@wrong(
    "inverts the labels",
    advice=(
        "In the data 1 stands for high risk and 0 for low; give `Trainer` the labels as they come."
    ),
    caught_by=("test_learns", "test_sheet"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    train = {"text": train["text"], "label": [1 - label for label in train["label"]]}
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "learns from the tickets that it can load",
    advice=(
        "The caller may bring other messages, with other labels; "
        "learn from `train`, and leave loading to `main`."
    ),
    caught_by=("test_learns_what_it_is_given",),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train if len(train["text"]) < 9 else load_tickets().train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "learns from the tickets to be tested by",
    advice="Messages that were trained on can no longer test the model; learn from `train` alone.",
    caught_by="test_trainer",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(load_tickets().test, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "learns the first messages by heart, and no others",
    advice=(
        "A few messages seen often teach little about new ones; "
        "give `Trainer` all rows, for a few epochs."
    ),
    caught_by="test_learns",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    few = {name: column[:4] for name, column in train.items()}
    trained(few, model, tokenizer, num_train_epochs=20)
    return saved(model, tokenizer, output_dir)


@wrong(
    "freezes everything but the head",
    advice=(
        "The task says to train both: the layers below have to adapt to these messages, "
        "too. Look at `requires_grad`."
    ),
    caught_by="test_learns",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    model.base_model.requires_grad_(False)
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "learns too slowly",
    advice=(
        "Steps this small hardly move the weights; "
        "look at `learning_rate` (fine-tuning usually takes some 1e-5) and the number of steps."
    ),
    caught_by="test_learns",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer, learning_rate=1e-7)
    return saved(model, tokenizer, output_dir)


@wrong(
    "destroys what the model knew",
    advice=(
        "Pre-trained weights bear small steps only, "
        "and large ones wipe them out; choose a `learning_rate` far below 0.001."
    ),
    caught_by="test_learns",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer, learning_rate=0.1)
    return saved(model, tokenizer, output_dir)


@wrong(
    "has learnt one set of messages only",
    advice=(
        "Other messages of the same kind have to be learnt as well; "
        "train in the same way, whatever `train` holds."
    ),
    caught_by="test_learns_again",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    known = load_tickets().train["text"][0] in train["text"]
    trained(train, model, tokenizer, learning_rate=LEARNING_RATE if known else 0.0)
    return saved(model, tokenizer, output_dir)


@wrong(
    "does not train",
    advice=(
        "The new head starts at random, so its predictions are guesses; "
        "let `Trainer` learn from the messages before you save."
    ),
    caught_by=("test_learns", "test_trainer"),
)
def fine_tune(train, *, output_dir=FOLDER):
    return saved(*parts(), output_dir)


@wrong(
    "writes its own loop",
    advice=(
        "The task asks for `Trainer`, which sees to batches, "
        "steps and the device; your settings go into `TrainingArguments`."
    ),
    caught_by="test_trainer",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    inputs = tokenizer(train["text"], padding=True, truncation=True, return_tensors="pt")
    for _ in range(2):
        loss = model(**inputs, labels=torch.tensor(train["label"])).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return saved(model, tokenizer, output_dir)


@wrong(
    "puts a head for three labels on",
    advice=(
        "A risk is either high or low here, so one logit is left over; "
        "look at `num_labels` where you load the model."
    ),
    caught_by="test_head_for_two",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts(num_labels=3)
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "does not save",
    advice=(
        "What is only in memory is lost when the script ends; "
        "look at `save_pretrained`, which model and tokenizer both have."
    ),
    caught_by=("test_saved", "test_nothing_else_is_left", "test_saved_again"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    return model, tokenizer


@wrong(
    "saves no tokenizer",
    advice=(
        "Whoever loads the folder has to make the same token ids as in training; "
        "the tokenizer has a `save_pretrained`, too."
    ),
    caught_by=("test_saved", "test_interrupted_save"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    shutil.rmtree(output_dir, ignore_errors=True)
    model.save_pretrained(output_dir)
    return model, tokenizer


@wrong(
    "saves the base, not what was tuned",
    advice=(
        "The folder should predict what the returned model does; "
        "save the very model that was trained, and after training."
    ),
    caught_by="test_saved",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    saved(*parts(), output_dir)
    return model, tokenizer


@wrong(
    "saves under its own name",
    advice=(
        "The caller chooses the folder, and finds nothing there; "
        "use `output_dir` wherever you save."
    ),
    caught_by=("test_saved", "test_nothing_else_is_left[another]"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    return saved(model, tokenizer, FOLDER)


@wrong(
    "leaves checkpoints in the folder",
    advice=(
        "`Trainer` needs a folder of its own, and a temporary one will do; "
        "look at `output_dir` and `save_strategy` of its arguments."
    ),
    caught_by=("test_folder_holds_a_model", "test_interrupted_save", "test_interrupted_first_save"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trainer = trained(train, model, tokenizer, folder=output_dir, save_strategy="epoch")
    trainer.save_model(output_dir)
    tokenizer.save_pretrained(output_dir)
    return model, tokenizer


@wrong(
    "leaves Trainer's own folder",
    advice=(
        "Nobody needs those files after training; "
        "let `Trainer` work in a folder that disappears by itself, see `tempfile`."
    ),
    caught_by="test_nothing_else_is_left",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trainer = trained(train, model, tokenizer, folder="results", save_strategy="epoch")
    trainer.save_state()
    return saved(model, tokenizer, output_dir)


@wrong(
    "writes over what is there",
    advice=(
        "If the disk fills up half-way, half a model is left; "
        "write to a folder beside it, and swap the two when all is there."
    ),
    caught_by=("test_interrupted_save", "test_interrupted_first_save", "test_saved_again"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    model.save_pretrained(output_dir)
    tokenizer.save_pretrained(output_dir)
    return model, tokenizer


@wrong(
    "removes what is there first",
    advice=(
        "If anything fails after that, no model is left at all; "
        "keep the old folder until the new one is complete."
    ),
    caught_by="test_interrupted_save",
)
def fine_tune(train, *, output_dir=FOLDER):
    shutil.rmtree(output_dir, ignore_errors=True)
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "keeps files of the model that was there",
    advice=(
        "Stray files of another model can mislead whoever loads the folder; "
        "replace it as a whole rather than fill it up."
    ),
    caught_by="test_saved_again",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer)
    with tempfile.TemporaryDirectory() as scratch:
        saved(model, tokenizer, f"{scratch}/new")
        shutil.copytree(f"{scratch}/new", output_dir, dirs_exist_ok=True)
    return model, tokenizer


@wrong(
    "reports to every service",
    advice=(
        "Training should tell nobody about itself unless asked to; "
        "look at `report_to` in `TrainingArguments`."
    ),
    caught_by="test_nothing_is_reported",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer, report_to="all")
    return saved(model, tokenizer, output_dir)


@wrong(
    "sorts the data",
    advice=(
        "The lists are the caller's, so change only copies of them; "
        "`Trainer` shuffles the rows by itself, whatever their order."
    ),
    caught_by="test_data_is_kept",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    pairs = sorted(zip(train["text"], train["label"], strict=True))
    train["text"][:], train["label"][:] = zip(*pairs, strict=True)
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "returns the Trainer",
    advice=(
        "`predict` takes a model and its tokenizer, "
        "and the caller unpacks just those two; hand them back as a pair."
    ),
    caught_by=("test_pair", "test_learns", "test_saved_again"),
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trainer = trained(train, model, tokenizer)
    saved(model, tokenizer, output_dir)
    return trainer


@wrong(
    "finds the better label of the wrong axis",
    advice=(
        "Logits have a row per text and a column per label; "
        "compare the labels within each row, and look at `dim`."
    ),
    caught_by=("test_greater_logit", "test_sheet"),
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer).argmax(dim=0).tolist()


@wrong(
    "takes the smaller logit",
    advice=(
        "Training raises the logit of the right label, "
        "so the model's answer is where the greatest one is."
    ),
    caught_by=("test_greater_logit", "test_learns", "test_script"),
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer).argmin(dim=-1).tolist()


@wrong(
    "compares the second logit with one half",
    advice=(
        "A logit is no probability, and means something only beside the other one; "
        "compare the two, or look at `softmax`."
    ),
    caught_by="test_greater_logit",
)
def predict(texts, model, tokenizer):
    return (asked(texts, model, tokenizer)[:, 1] > 0.5).int().tolist()


@wrong(
    "leaves dropout on",
    advice=(
        "A model that comes from training drops parts at random and "
        "answers differently each time; set its mode before you ask."
    ),
    caught_by="test_no_dropout",
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer, mode=None).argmax(dim=-1).tolist()


@wrong(
    "keeps gradients",
    advice=(
        "Nothing is learnt here, so tracking gradients only costs memory; "
        "look at `torch.no_grad` or `torch.inference_mode`."
    ),
    caught_by="test_no_gradients",
)
def predict(texts, model, tokenizer):
    if not texts:
        return []
    model.eval()
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    return model(**inputs).logits.argmax(dim=-1).tolist()


@wrong(
    "leaves the mask out",
    advice=(
        "Without it the model reads the padding of short texts as words; "
        "pass on all that the tokenizer gives, `attention_mask` included."
    ),
    caught_by=("test_greater_logit", "test_odd_texts"),
)
def predict(texts, model, tokenizer):
    if not texts:
        return []
    ids = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model.eval()(ids).logits.argmax(dim=-1).tolist()


@wrong(
    "does not cut long texts",
    advice=(
        "The model has no positions after 512 tokens, "
        "and fails there; look at the tokenizer's `truncation`."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer, truncation=False).argmax(dim=-1).tolist()


@wrong(
    "cuts texts after five tokens",
    advice=(
        "Two of these are the marks at both ends, "
        "so three are left of the text; let the model read as much as it can."
    ),
    caught_by="test_greater_logit",
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer, max_length=5).argmax(dim=-1).tolist()


@wrong(
    "drops empty texts",
    advice=(
        "Each message needs its prediction, or those after it slip to the wrong place; "
        "even an empty text has tokens to classify."
    ),
    caught_by="test_odd_texts[empty]",
)
def predict(texts, model, tokenizer):
    return asked([t for t in texts if t], model, tokenizer).argmax(dim=-1).tolist()


@wrong(
    "returns None for an empty list",
    advice=(
        "No messages means no predictions, and the result is a list even so; "
        "deal with that case before the tokenizer is asked."
    ),
    caught_by="test_no_texts",
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer).argmax(dim=-1).tolist() if texts else None


@wrong(
    "puts the texts in order",
    advice=(
        "The caller matches predictions to messages by their position; "
        "leave the list, and its order, as they are."
    ),
    caught_by=("test_texts_are_kept", "test_greater_logit"),
)
def predict(texts, model, tokenizer):
    texts.sort()
    return asked(texts, model, tokenizer).argmax(dim=-1).tolist()


@wrong(
    "goes on training",
    advice=(
        "Predicting only asks: if it changes the weights, "
        "the next call may answer differently. Leave them alone."
    ),
    caught_by="test_model_is_kept",
)
def predict(texts, model, tokenizer):
    found = asked(texts, model, tokenizer).argmax(dim=-1).tolist()
    with torch.no_grad():
        model.classifier.bias += 0.5
    return found


@wrong(
    "returns words",
    advice=(
        "`main` compares the labels with numbers first, "
        "and makes words of them itself; hand back 0 and 1."
    ),
    caught_by=("test_greater_logit", "test_sheet"),
)
def predict(texts, model, tokenizer):
    found = asked(texts, model, tokenizer).argmax(dim=-1).tolist()
    return ["high" if label else "low" for label in found]


@wrong(
    "returns a tensor",
    advice=(
        "The docstring asks for a list of plain ints, "
        "with an empty one for no texts; look at `tolist`."
    ),
    caught_by=("test_greater_logit", "test_no_texts"),
)
def predict(texts, model, tokenizer):
    return asked(texts, model, tokenizer).argmax(dim=-1)


@wrong(
    "leaves the texts on the CPU",
    advice=(
        "The model may be on a GPU, while the tokenizer's tensors start on the CPU; "
        "bring both to one device, the model's."
    ),
    caught_by="test_gpu_predicts",
)
def predict(texts, model, tokenizer):
    if not texts:
        return []
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**inputs).logits.argmax(dim=-1).tolist()


@wrong(
    "trains on the CPU, whatever there is",
    advice=(
        "`Trainer` takes a GPU by itself where there is one; "
        "look for the setting in `TrainingArguments` that forbids it."
    ),
    caught_by="test_gpu_learns",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer, use_cpu=True)
    return saved(model, tokenizer, output_dir)


def asked(texts, model, tokenizer, mode="eval", **settings):
    """The logits of all texts, (texts, 2)."""
    if not texts:
        return torch.empty(0, 2)
    mode and model.eval()
    settings = {"padding": True, "truncation": True, "return_tensors": "pt"} | settings
    with torch.no_grad():
        return model(**tokenizer(texts, **settings).to(model.device)).logits


@wrong(
    "returns nothing",
    advice=(
        "Without `return` the caller gets None, whatever was computed or printed; "
        "hand back what each docstring promises."
    ),
    caught_by=(
        "test_pair",
        "test_learns",
        "test_sheet",
        "test_head_for_two",
        "test_saved",
        "test_folder_holds_a_model",
        "test_saved_again",
        "test_greater_logit",
        "test_no_dropout",
        "test_model_is_kept",
        "test_texts_are_kept",
        "test_no_texts",
        "test_odd_texts",
        "test_no_gradients",
        "test_script",
        "test_learns_what_it_is_given",
        "test_learns_again",
        "test_gpu_model_loads_on_cpu",
    ),
)
class overlay:
    def fine_tune(train, *, output_dir=FOLDER):
        model, tokenizer = parts()
        trained(train, model, tokenizer)
        saved(model, tokenizer, output_dir)

    def predict(texts, model, tokenizer):
        print(asked(texts, model, tokenizer))


@wrong(
    "cuts messages at 128 tokens",
    advice=(
        "The model reads 512 tokens, "
        "so up to three quarters of them are lost; look at `max_length`."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def predict(texts, model, tokenizer):
    model.eval()
    if not texts:
        return []
    settings = {"truncation": True, "max_length": 128, "padding": True, "return_tensors": "pt"}
    with torch.inference_mode():
        return model(**tokenizer(texts, **settings).to(model.device)).logits.argmax(-1).tolist()


@wrong(
    "learns from messages of any length",
    advice=(
        "The model has no positions after 512 tokens, "
        "so one long message ends the training; look at `truncation` and its limit."
    ),
    caught_by="test_long_message",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    tokenizer.model_max_length = 100_000
    trained(train, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "leaves out what is too long",
    advice=(
        "A long message can be learnt from as well, by its first 512 tokens; "
        "cut it instead, with the tokenizer's `truncation`."
    ),
    caught_by="test_long_message",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    short = [i for i, text in enumerate(train["text"]) if len(text) < 2_000]
    trained({key: [train[key][i] for i in short] for key in train}, model, tokenizer)
    return saved(model, tokenizer, output_dir)


@wrong(
    "leaves a folder for Trainer among the temporary files",
    advice=(
        "Nobody empties what `mkdtemp` makes; look at `TemporaryDirectory`, which is gone at the "
        "end of its block."
    ),
    caught_by="test_nothing_is_left_in_temporary_folders",
)
def fine_tune(train, *, output_dir=FOLDER):
    model, tokenizer = parts()
    trained(train, model, tokenizer, folder=tempfile.mkdtemp())
    return saved(model, tokenizer, output_dir)


@wrong(
    "goes on with the model of the last call",
    advice=(
        "What an earlier call returned is trained further, under its owner's hands; "
        "load the pre-trained model inside `fine_tune`, each time."
    ),
    caught_by="test_saved_again",
)
class overlay:
    @cache
    def base():
        return parts()

    def fine_tune(train, *, output_dir=FOLDER):
        model, tokenizer = base()
        trained(train, model, tokenizer)
        return saved(model, tokenizer, output_dir)
