# test/wheels/lxml/main.py: its own libxml2 and libxslt: parsing, XPath, XSLT, schemas, HTML
import io
import json

from lxml import etree, html, objectify

document = etree.fromstring(
    b"""<?xml version="1.0"?>
<!DOCTYPE shop [<!ENTITY where "Caf&#233;">]>
<shop xmlns:p="urn:price"><item id="a" p:eur="3.5">Tea &where;</item>
<item id="b" p:eur="12">Cake</item><!-- note --></shop>"""
)
prices = document.xpath("//item/@p:eur", namespaces={"p": "urn:price"})
total = document.xpath("sum(//item/@p:eur)", namespaces={"p": "urn:price"})
exslt = {"re": "http://exslt.org/regular-expressions"}
found = document.xpath("//item[re:test(., '^T')]/@id", namespaces=exslt)

sheet = etree.XSLT(
    etree.XML(b"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:date="http://exslt.org/dates-and-times" xmlns:my="urn:my">
<xsl:output method="text"/><xsl:param name="sign"/>
<xsl:template match="/"><xsl:for-each select="//item"><xsl:sort select="." order="descending"/>
<xsl:value-of select="concat(@id, $sign, my:upper(string(.)), ';')"/></xsl:for-each>
<xsl:value-of select="date:year('2026-07-01')"/></xsl:template></xsl:stylesheet>"""),
    extensions={("urn:my", "upper"): lambda _, text: text.upper()},
)
transformed = str(sheet(document, sign=etree.XSLT.strparam("=")))

schema = etree.XMLSchema(
    etree.XML(b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="n">
<xs:simpleType><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction>
</xs:simpleType></xs:element></xs:schema>""")
)
assert schema.validate(etree.XML("<n>9</n>")) and not schema.validate(etree.XML("<n>10</n>"))
relax = etree.RelaxNG(
    etree.XML(b'<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><text/></element>')
)
assert relax.validate(etree.XML("<a>x</a>")) and not relax.validate(etree.XML("<b/>"))

page = html.fromstring("<p>one<p>two <a href='/x?a=1&b=2'>three</a><table><td>4")
page.make_links_absolute("http://host.example/")
steps = etree.iterparse(io.BytesIO(b"<r><a/><b>t</b></r>"), events=("start", "end"))
events = [(event, element.tag) for event, element in steps]
try:
    etree.fromstring("<a><b></a>")
except etree.XMLSyntaxError as error:
    refusal = [error.msg, error.position]
tree = objectify.fromstring("<r><v>3</v><v>4.5</v><t>true</t></r>")
canonical = etree.tostring(document, method="c14n").decode()

print(
    json.dumps(
        {
            "versions": [etree.LXML_VERSION, etree.LIBXML_VERSION, etree.LIBXSLT_VERSION],
            "compiled": [etree.LIBXML_COMPILED_VERSION, etree.LIBXSLT_COMPILED_VERSION],
            "features": sorted(etree.LIBXML_FEATURES),
            "prices": [str(price) for price in prices],
            "total": total,
            "found": [str(name) for name in found],
            "transformed": transformed,
            "invalid": str(schema.error_log.last_error.message) if schema.error_log else "",
            "page": html.tostring(page, encoding="unicode"),
            "events": events,
            "refusal": refusal,
            "values": [tree.v[0] + tree.v[1], bool(tree.t)],
            "canonical": canonical,
            "utf_16": etree.fromstring("<a>\u65e5\u672c</a>".encode("utf-16")).text,
        }
    )
)
