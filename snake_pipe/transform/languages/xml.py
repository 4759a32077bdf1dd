"""XML: its tree alone; what names mean is up to each vocabulary."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    Rules,
    table,
    tokens,
)

RULES = Rules(
    names={},
    uses={},
    scopes={},
    kinds=table(
        module="document",
        collection="element STag ETag EmptyElemTag content children Enumeration Mixed contentspec",
        annotation="Attribute PseudoAtt",
        identifier="Name Nmtoken PITarget EncName",
        string="AttValue CharData CData CDSect EntityValue PseudoAttValue SystemLiteral PubidLiteral URI",
        comment="Comment",
        directive="""
            XMLDecl PI StyleSheetPI XmlModelPI doctypedecl prolog AttDef AttlistDecl DefaultDecl GEDecl
            NotationDecl PEDecl elementdecl NDataDecl
        """,
        type_ref="StringType TokenizedType NotationType ExternalID PublicID",
        number="VersionNum",
    )
    | tokens("CDStart CharRef EntityRef PEReference"),
    branches=frozenset(),
    comments=frozenset({"Comment"}),
)
