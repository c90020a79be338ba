<?php
// PHP's SoapClient, unmodified, by an older WSDL: php with_php.php http://127.0.0.1:8000/soap
function check(bool $holds, string $what): void {
    if (!$holds) {
        fwrite(STDERR, "php: not so: $what\n");
        exit(1);
    }
}

$client = new SoapClient("{$argv[1]}/legacy/orders?wsdl", ['cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$service = 'http://orderdesk.example.com/service';
$client->__setSoapHeaders(new SoapHeader($service, 'CALLER', ['SYSTEM' => 'AS400']));
$order = $client->PLACE_ORDER([
    'CUST_NO' => 'u-1001',
    'POSITIONS' => ['POSITION' => [['ARTICLE' => 'p-1001', 'QTY' => 2]]],
    'PAYMENT' => ['TRANSFER' => ['IBAN' => 'DE02120300000000202051', 'MANDATE' => "\x00\x01\xff"]],
])->ORDER;
check($order->STATUS === 'NEW' && $order->LAYOUT === '4', 'the state');
check($order->POSITIONS->POSITION[0]->QTY === 2, 'the positions');
check($order->PAYMENT->TRANSFER->MANDATE === "\x00\x01\xff", 'bytes');
check($order->TOTAL->CURRENCY === 'EUR' && (float) $order->TOTAL->_ === 699.8, 'the total');
check(strtotime($order->ORDER_DATE) > 0, 'the date');

$wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
$token = "<wsse:Security xmlns:wsse='$wsse'><wsse:UsernameToken><wsse:Username>ann</wsse:Username>"
    . '<wsse:Password>secret</wsse:Password></wsse:UsernameToken></wsse:Security>';
$client->__setSoapHeaders(new SoapHeader($wsse, 'Security', new SoapVar($token, XSD_ANYXML), true));
$listed = $client->LIST_ORDERS(['CUST_NO' => 'u-1001', 'STATUS' => ['NEW'], 'MAX' => 2]);
check(count($listed->ORDER) === 2 && $listed->FOUND > 2, 'a list');
$client->VOID_ORDER(['ORDER_NO' => $order->ORDER_NO, 'VOID_REASON' => 'no']);
check($client->GET_ORDER(['ORDER_NO' => $order->ORDER_NO])->ORDER->STATUS === 'VOID', 'it is called off');
try {
    $client->GET_ORDER(['ORDER_NO' => 'o-nowhere']);
    check(false, 'a fault');
} catch (SoapFault $fault) {
    check($fault->detail->ORDER_FAULT->ERR_CODE === 'NOT_FOUND', 'the code');
    check($fault->detail->ORDER_FAULT->ERR_TEXT === $fault->getMessage(), 'the message');
    echo "php: placed and called off {$order->ORDER_NO}; {$fault->faultcode}: {$fault->getMessage()}\n";
}
