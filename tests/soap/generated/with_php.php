<?php
// PHP's SoapClient, unmodified: php with_php.php http://127.0.0.1:8000/soap
function check(bool $holds, string $what): void {
    if (!$holds) {
        fwrite(STDERR, "php: not so: $what\n");
        exit(1);
    }
}

$base = $argv[1];
foreach ([SOAP_1_1 => '1.1', SOAP_1_2 => '1.2'] as $version => $name) {
    $options = ['soap_version' => $version, 'cache_wsdl' => WSDL_CACHE_NONE, 'trace' => true,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS];
    $client = new SoapClient("$base/shop.v1.ProductService?wsdl", $options);
    $made = $client->CreateProduct(['validateOnly' => true, 'product' => [
        'name' => 'Tin <Mug> & Söhne',
        'price' => ['currencyCode' => 'EUR', 'units' => 9007199254740993, 'nanos' => 1],
        'tags' => ['tin', 'mug'],
        'attributes' => [['key' => 'colour', 'value' => 'blue']],
        'availability' => 'BACKORDER',
        'gtin' => 4012345678901,
        'warranty' => 'P2DT3S',
        'parcel' => ['bulky' => true, 'excludedCountries' => ['AQ']],
        'imageDigest' => "\x00\x01\xff",
    ]]);
    check($made->name === 'Tin <Mug> & Söhne', 'the name');
    check($made->price->units === 9007199254740993, 'units of 64 bits');
    check($made->tags === ['tin', 'mug'], 'tags');
    check($made->availability === 'BACKORDER', 'availability');
    check($made->parcel->excludedCountries === ['AQ'] && $made->parcel->bulky === true, 'the choice');
    check($made->imageDigest === "\x00\x01\xff", 'bytes');
    $found = $client->GetProduct(['productId' => 'p-1001']);
    check($found->name === 'Ridgeline Tent' && strtotime($found->createTime) > 0, 'a product');
    echo "php: SOAP $name: created and read a product of {$found->createTime}\n";

    $orders = new SoapClient("$base/shop.v1.OrderService?wsdl", $options);
    try {
        $orders->CancelOrder(['orderId' => 'o-1003']);
        check(false, 'a fault');
    } catch (SoapFault $fault) {
        check($fault->detail->Error->code === 'FAILED_PRECONDITION', 'the code');
        check($fault->detail->Error->message === $fault->getMessage(), 'the message');
        echo "php: SOAP $name: {$fault->faultcode}: {$fault->getMessage()}\n";
    }

    $wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
    $token = "<wsse:Security xmlns:wsse='$wsse'><wsse:UsernameToken><wsse:Username>ann</wsse:Username>"
        . '<wsse:Password>secret</wsse:Password></wsse:UsernameToken></wsse:Security>';
    $header = new SoapHeader($wsse, 'Security', new SoapVar($token, XSD_ANYXML), true);
    $client->__setSoapHeaders($header);
    check($client->GetProduct(['productId' => 'p-1001'])->name === 'Ridgeline Tent', 'UsernameToken');
    echo "php: SOAP $name: UsernameToken\n";
}
echo 'php ' . PHP_VERSION . ": all holds\n";
