"""Task 18: freeze all but the last layers. (Request Dispatcher, exercise 5)

A pre-trained model knows the language; what it has to learn is the task. Training the last layers
and the head alone takes less time and memory, and keeps what the first layers know.

    pytest tests/test_task18.py     judges this file
    python tasks/task18.py          shows what is trainable then

Out of scope: training (task 19), other models than DistilBERT.
"""

import fixtures.offline  # the hub without a network; before transformers


def partially_freeze_bert_layers(model, layers_to_train=3):
    """Freeze all but the last layers and the head, in place.

    Args:
        model (transformers.DistilBertForSequenceClassification): with any number of layers;
            which of its parameters are trainable so far does not matter.
        layers_to_train (int): how many of the last transformer layers stay trainable, from 0 to
            as many as there are.

    Returns:
        The same model. The embeddings and all layers before the last `layers_to_train` are frozen
        (`requires_grad` is False), those last ones and the head (`pre_classifier` and
        `classifier`) are trainable. Nothing else about it has changed.
    """
    ### START CODE HERE ###
    # 1. Freeze all parameters.
    raise NotImplementedError("Write `partially_freeze_bert_layers` here.")
    ### END CODE HERE ###

    transformer_layers = model.distilbert.transformer.layer

    ### START CODE HERE ###
    # 2. Unfreeze the parameters of each of the last layers.
    raise NotImplementedError("Write `partially_freeze_bert_layers` here.")
    ### END CODE HERE ###

    for param in (*model.pre_classifier.parameters(), *model.classifier.parameters()):
        param.requires_grad = True
    return model


def main() -> None:
    """Show which parameters are trainable."""
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(
        "distilbert-base-uncased", num_labels=5
    )
    partially_freeze_bert_layers(model)
    for name, parameter in model.named_parameters():
        if name.endswith(("q_lin.weight", "classifier.weight", "word_embeddings.weight")):
            print(f"{name}: {'trainable' if parameter.requires_grad else 'frozen'}")
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(f"{trainable:,} of {sum(p.numel() for p in model.parameters()):,} are trainable.")


if __name__ == "__main__":
    main()
# stub b3fb74ee398a3e5f
