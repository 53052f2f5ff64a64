"""XML as a tree: strict, bounded, and without anything that a document type may do."""

import pytest

from sanitizers.errors import BlockedError, LimitError, MalformedError
from sanitizers.parsers import xml
from sanitizers.parsers.xml import Element, Instruction


def test_a_document_is_read_with_its_namespaces():
    read = xml.parse(b"<?xml version='1.0'?><a:b xmlns:a='urn:x' a:c='1' d='2'>e<!--f--><?g h?><i/></a:b>")

    assert (read.root.namespace, read.root.name) == ("urn:x", "b")
    assert read.root.attributes == (("urn:x", "c", "1"), ("", "d", "2"))
    assert read.root.children == ["e", Instruction("g"), Element("", "i", (), 2)]
    assert read.comments == 1


def test_characters_of_values_are_read_as_they_are_meant():
    assert xml.parse(b"<a b='1 &amp; &#x32; &lt;'/>").root.attributes == (("", "b", "1 & 2 <"),)


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"<a>",
        b"<a><b></a>",
        b"<a/><b/>",
        b" <?xml version='1.0'?><a/>",
        b"<a b='1' b='2'/>",
        b"<a x:b='1'/>",
        b"<x:a/>",
        b"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
        b"<a>&undeclared;</a>",
        b"<a>\x01</a>",
        b"<a>\xff</a>",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='utf-16'?><a/>",
        b"\xff\xfe<\0a\0",
        b"<!DOCTYPE a><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<!DOCTYPE a [<!ENTITY b '&#0;'>]><a/>",
        b"<!DOCTYPE><a/>",
    ],
)
def test_what_is_not_well_formed_is_refused(untrusted):
    with pytest.raises(MalformedError):
        xml.parse(untrusted)


@pytest.mark.parametrize(
    ("subset", "vector"),
    [
        ("<!ENTITY a SYSTEM 'file:///etc/hostname'>", "XML-01"),
        ("<!ENTITY a PUBLIC 'x' 'http://example.com/'>", "XML-01"),
        ("<!ENTITY % a 'b'>", "XML-02"),
        ("<!ENTITY b 'c'> %b;", "XML-02"),
        ("<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>", "XML-03"),
        ("<!ENTITY a '&#38;b;'>", "XML-03"),
        ("<!ENTITY a '<b/>'>", "XML-03"),
        (f"<!ENTITY a '{'x' * 1025}'>", "XML-03"),
        ("<!ATTLIST a b CDATA 'c'>", "SVG-08"),
        ('<!ATTLIST a b CDATA #FIXED "c">', "SVG-08"),
        ("<!ATTLIST a %b;>", "SVG-08"),
        ("<!NOTATION a SYSTEM 'b'>", "SVG-08"),
    ],
)
def test_a_document_type_that_does_something_is_refused(subset, vector):
    with pytest.raises(BlockedError) as refused:
        xml.parse(f"<!DOCTYPE a [{subset}]><a/>".encode())

    assert refused.value.vector.id == vector


def test_declarations_that_give_no_values_are_read_over():
    """What there may be, as drawing programs and test suites write it: it changes nothing (SVG-08)."""
    subset = "<!ELEMENT a (#PCDATA|b)*><!ATTLIST a id ID #REQUIRED\n c (d|e) #IMPLIED><!ENTITY f 'g'>"

    assert xml.parse(f"<!DOCTYPE a [{subset}]><a>&f;</a>".encode()).root.children == ["g"]


def test_literal_entities_are_written_out():
    subset = """<!-- x --> <!ENTITY b "1 &#xA0; 'q'"> <!ENTITY b "2"> """

    read = xml.parse(f"<!DOCTYPE a [{subset}]><a c='&b;'>&b;<![CDATA[&b;]]><!--&b;--></a>".encode())

    assert read.root.attributes == (("", "c", "1 \xa0 'q'"),)
    assert "".join(read.root.children) == "1 \xa0 'q'&b;"
    assert read.doctype.expanded == 2


def test_entities_that_make_a_text_large_are_refused():
    with pytest.raises(LimitError):
        xml.parse(f"<!DOCTYPE a [<!ENTITY b '{'x' * 1000}'>]><a>{'&b;' * 2000}</a>".encode())


@pytest.mark.parametrize(
    "untrusted",
    [
        b"<a>" * 1000,
        b"<a>" + b"<b/>" * 1_000_000 + b"</a>",
        b"<a " + b" ".join(b"b%d='1'" % i for i in range(501)) + b"/>",
        b"<a b='" + b"x" * 11_000_000 + b"'/>",
    ],
    ids=["depth", "tags", "attributes", "value"],
)
def test_more_than_a_document_may_have_is_refused(untrusted):
    with pytest.raises(LimitError):
        xml.parse(untrusted)
