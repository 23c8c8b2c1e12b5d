"""Questions of the catalog, in words, and their exact answers.

Tables, as data:

    relations.py      how people speak of relations: one row a relation; predicates.py and inflection.py give its forms
    properties.py     how people ask for what one entity says of itself: one row a property
    shape_table.py    questions that are no plain set, one shape a line; builds.py says what each means
    openings.py       polite words around a question

Words, in a row:

    words.py, naming.py, mentioned.py     the question's words, what entities are called, which spans name which
    filters.py                            kinds, types, lifecycles and tags, taken from the catalog itself

Reading, words to expressions (grammar.py keeps what was read where):

    noun_phrases.py, filtered.py                                     nouns
    clauses.py, attributes.py, whose.py, named_as.py, complements.py what narrows them
    combining.py                                                     what two expressions make, when their kinds allow it
    sets.py, counts.py, checks.py, asked_values.py, shapes.py        whole questions, put together in whole.py
    sentences.py                                                     a text to sentences that one reading each may explain

Meaning:

    expressions.py    a small algebra over sets of entities
    evaluation.py     expressions to entities, with the steps that led there; finding.py makes answers of them
    describing.py     expressions to words again, for the answer's first line

Reading knows no entity but by the names in the question; evaluation knows no words.
"""
