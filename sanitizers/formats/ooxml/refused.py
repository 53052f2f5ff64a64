"""Elements and attributes that are known and never carried, with the vector that each is. Data only.

They are taken out of the schema where it is read; what neither names is OOXML-13.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.terms import Vector
from sanitizers.formats.ooxml import vectors as v
from sanitizers.formats.ooxml.schema import clark

_ELEMENTS: Final[Mapping[Vector, str]] = {
    v.OOXML_06: "w:control x:controls x:control p:controls",
    v.OOXML_07: "x:ctrlProps xvml:FmlaMacro xvml:ScriptLanguage xvml:ScriptExtended xvml:ScriptLocation "
    "xvml:ScriptText",
    v.OOXML_14: "w:attachedTemplate",
    v.OOXML_15: "w:altChunk",
    v.OOXML_16: "w:subDoc",
    v.OOXML_17: "w:frameset",
    v.OOXML_21: "a:hlinkMouseOver a:hlinkHover",
    v.OOXML_22: "a:videoFile a:quickTimeFile a:audioFile a:audioCd a:wavAudioFile",
    v.OOXML_23: "wp15:webVideoPr",
    v.OOXML_24: "w:embedRegular w:embedBold w:embedItalic w:embedBoldItalic p:embeddedFontLst",
    v.OOXML_25: "w:attachedSchema w:dataBinding w15:dataBinding x:customPr",
    v.OOXML_26: "w:saveThroughXslt w:useXSLTWhenSaving sl:schemaLibrary w:xslTransform",
    v.OOXML_28: "w15:webExtensionLinked w15:webExtensionCreated",
    v.OOXML_33: "o:signatureline a15:signatureLine",
    v.OOXML_37: "c:autoUpdate cx:geoCache",
    v.OOXML_39: "am3d:model3d",
    v.OOXML_40: "p:contentPart w:contentPart w14:contentPart xdr:contentPart xdr14:contentPart a14:contentPart "
    "cdr14:contentPart",
    v.OOXML_45: "p15:presenceInfo w15:presenceInfo",
    v.OOXML_47: (
        "w:rsids w:rsid w:rsidRoot w:nsid w:tmpl w14:docId w15:docId p14:creationId p14:modId a16:creationId "
        "thm15:themeFamily xr:revisionPtr"
    ),
    v.OOXML_49: "w:docVars x:customProperties",
    v.OOXML_61: "w:fldData",
    v.OOXML_35: "pvml:textdata o:ink o:diagram",
    v.OOXML_69: "w:entryMacro w:exitMacro",
    v.OOXML_70: "w:mailMerge w:recipients w:odso",
    v.OOXML_71: "w:placeholder",  # names an entry of the glossary, which is gone
    v.OOXML_72: "w:attachedToolbars",
    v.OOXML_74: (
        "w:customXmlPr w:smartTagPr w:smartTagType w:doNotEmbedSmartTags "
        "w:customXmlInsRangeStart w:customXmlInsRangeEnd w:customXmlDelRangeStart w:customXmlDelRangeEnd "
        "w:customXmlMoveFromRangeStart w:customXmlMoveFromRangeEnd w:customXmlMoveToRangeStart "
        "w:customXmlMoveToRangeEnd w14:customXmlConflictInsRangeStart w14:customXmlConflictInsRangeEnd "
        "w14:customXmlConflictDelRangeStart w14:customXmlConflictDelRangeEnd"
    ),
    v.OOXML_76: (
        "w:updateFields w:documentProtection w:writeProtection w:linkStyles w:forceUpgrade w:permStart w:permEnd"
    ),
    v.OOXML_78: "w:movie w:movieLink w:objectEmbed w:objectLink",
    v.OOXML_93: "a14:cameraTool",  # a picture of cells that is taken again and again
    v.OOXML_96: "x:xmlPr x:xmlColumnPr x:xmlCellPr",
    v.OOXML_99: "x:fileSharing x:webPublishing x:webPublishItems x:fileRecoveryPr x:customWorkbookViews "
    "x:smartTagPr x:smartTagTypes x:smartTags x:oleSize x15ac:absPath x:webPublishObjects",
    v.OOXML_112: "p:sndAc p:snd a:snd",
    v.OOXML_115: "p:htmlPubPr p:webPr",
    v.OOXML_120: "p:kiosk",
    v.OOXML_117: "p14:media",
    v.OOXML_118: "p:custDataLst p:custData p:tags p:smartTags",
    v.OOXML_122: "p:modifyVerifier",
}
_ATTRIBUTES: Final[Mapping[Vector, str]] = {
    v.OOXML_07: "macro textlink fPublished",
    v.OOXML_18: "r:link r:href o:href o:althref src althref",
    v.OOXML_20: "invalidUrl",
    v.OOXML_35: "equationxml o:gfxdata href",
    v.OOXML_47: (
        "w:rsidR w:rsidRPr w:rsidRDefault w:rsidP w:rsidDel w:rsidTr w:rsidSect w14:paraId w14:textId w14:anchorId "
        "wp14:anchorId wp14:editId xr:uid xr2:uid xr3:uid xr6:uid xr6:coauthVersionLast xr6:coauthVersionMax "
        "xr6:documentId xr10:uid xr16:uid xr5:uid xr9:uid w16cid:durableId"
    ),
}


def _named(table: Mapping[Vector, str]) -> dict[str, Vector]:
    return {clark(name): found for found, names in table.items() for name in names.split()}


# Wrappers that say nothing to a reader: what stands in them is carried in their place
UNWRAPPED: Final[Mapping[str, Vector]] = MappingProxyType(_named({v.OOXML_74: "w:smartTag"}))
ELEMENTS: Final[Mapping[str, Vector]] = MappingProxyType(_named(_ELEMENTS))
ATTRIBUTES: Final[Mapping[str, Vector]] = MappingProxyType(_named(_ATTRIBUTES))

# Attributes that one kind of part carries all the same, with values that an edit has put there: replies name paragraphs
CARRIED_IN: Final[Mapping[str, frozenset[str]]] = MappingProxyType({"word.comments": frozenset({clark("w14:paraId")})})

# Extension lists' entries by uri, where the entry itself is what must go
EXTENSIONS: Final[Mapping[str, Vector]] = MappingProxyType(
    {
        "{BB962C8B-B14F-4D97-AF65-F5344CB8AC3E}": v.OOXML_47,
        "{D42A27DB-BD31-4B8C-83A1-F6EECF244321}": v.OOXML_47,
        "{FF2B5EF4-FFF2-40B4-BE49-F238E27FC236}": v.OOXML_47,
        "{05A4C25C-085E-4340-85A3-A5531E510DB2}": v.OOXML_47,
        "{DAA4B4D4-6D71-4841-9C94-3DE7FCFB9230}": v.OOXML_117,
        "{19B8F6BF-5375-455C-9EA6-DF929625EA0E}": v.OOXML_45,
        "{837473B0-CC2E-450A-ABE3-18F120FF3D39}": v.OOXML_18,
        "{BEBA8EAE-BF5A-486C-A8C5-ECC9F3942E4B}": v.OOXML_44,
        "{DE250136-89BD-433C-8126-D09CA5730AF9}": v.OOXML_84,
        "{FCE2AD5D-F65C-4FA6-A056-5C36A1767C68}": v.OOXML_85,
        "{7C84B067-C214-45C3-A712-C9D94CD141B2}": v.OOXML_28,
        "{D87F86FE-615C-45B5-9D79-34F1136793EB}": v.OOXML_28,
    }
)
