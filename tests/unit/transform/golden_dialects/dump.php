<?php
// php dump.php SOURCE: prints the tree that nikic/php-parser (Debian's package php-parser) makes of the source.
require_once "/usr/share/php/PhpParser/autoload.php";
$wanted = ["comments", "startLine", "endLine", "startFilePos", "endFilePos"];
$lexer = new PhpParser\Lexer\Emulative(["usedAttributes" => $wanted]);
$parser = (new PhpParser\ParserFactory)->create(PhpParser\ParserFactory::PREFER_PHP7, $lexer);
echo json_encode($parser->parse(file_get_contents($argv[1])), JSON_THROW_ON_ERROR, 4096);
