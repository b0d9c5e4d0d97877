package dev.perigee.index;

/** What the inverted lists of a space share: a query is probed once with it, whatever the number of segments. */
public sealed interface ListModel permits IvfModel, SqModel {
    /** Names the model in the files that need it. */
    long id();

    int lists();

    /** Of the rows. */
    int dim();

    long bytes();
}
