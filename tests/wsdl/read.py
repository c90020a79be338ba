"""Reads each WSDL of this folder, and what the gateway answers by it, with PyPI's zeep: read.py"""

import pathlib
import sys

import lxml.etree
import yaml
import zeep

# As much of SOAP's own encoding as these files name: zeep would fetch it.
ENCODING = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://schemas.xmlsoap.org/soap/encoding/"
    targetNamespace="http://schemas.xmlsoap.org/soap/encoding/">
  <xs:complexType name="string">
    <xs:simpleContent><xs:extension base="xs:string"/></xs:simpleContent>
  </xs:complexType>
  <xs:attribute name="arrayType" type="xs:string"/>
  <xs:complexType name="Array">
    <xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="lax"/></xs:sequence>
  </xs:complexType>
</xs:schema>"""

XML = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
  <xs:attribute name="lang" type="xs:language"/>
</xs:schema>"""
KNOWN = {"http://schemas.xmlsoap.org/soap/encoding/": ENCODING, "http://www.w3.org/2001/xml.xsd": XML}


class Offline(zeep.Transport):
    def load(self, url):
        return KNOWN[url] if url.startswith("http:") else super().load(url)


here = pathlib.Path(__file__).parent
count = 0
for folder in sorted(path for path in here.iterdir() if path.is_dir()):
    # Strict, as is zeep's default: elements in the order of the schema, and no others.
    client = zeep.Client(str(folder / "service.wsdl"), transport=Offline())
    operations = {
        name: operation
        for service in client.wsdl.services.values()
        for port in service.ports.values()
        if isinstance(port.binding, (zeep.wsdl.bindings.Soap11Binding, zeep.wsdl.bindings.Soap12Binding))
        for name, operation in port.binding._operations.items()
    }
    for case in yaml.safe_load((folder / "cases.yaml").read_text()):
        answers = case.get("answers")
        if not answers:
            continue
        envelope = lxml.etree.fromstring(
            f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{answers}</e:Body></e:Envelope>'
        )
        operation = operations[case["operation"]]
        if envelope.nsmap["e"] != operation.binding.nsmap["soap-env"]:
            envelope = lxml.etree.fromstring(
                lxml.etree.tostring(envelope).replace(
                    b"http://schemas.xmlsoap.org/soap/envelope/", operation.binding.nsmap["soap-env"].encode()
                )
            )
        operation.process_reply(envelope)
        count += 1
    print(f"{folder.name}: zeep reads the WSDL and what is answered")
assert count > 12, count
