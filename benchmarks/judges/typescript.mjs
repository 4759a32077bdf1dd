// What TypeScript's own compiler finds in JavaScript and TypeScript sources.
//
//   node typescript.mjs NODE_FOLDER < files
//
// NODE_FOLDER is the folder that holds `node_modules`. Each line of standard input is a path, each line of standard
// output its answer: {path, facts: [[subject, name, line, word, must], ...]}, or {path} for what does not parse.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));
const ts = require("typescript");
const K = ts.SyntaxKind;

const DECLARATIONS = new Set([
  K.FunctionDeclaration, K.ClassDeclaration, K.InterfaceDeclaration, K.EnumDeclaration, K.EnumMember,
  K.TypeAliasDeclaration, K.ModuleDeclaration, K.MethodDeclaration, K.MethodSignature, K.PropertyDeclaration,
  K.PropertySignature, K.GetAccessor, K.SetAccessor,
]);
const isFunction = (node) =>
  node && (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node));

function read(path) {
  const text = readFileSync(path, "utf8");
  const kind = /\.tsx$/.test(path) ? ts.ScriptKind.TSX
    : /\.[cm]?ts$/.test(path) ? ts.ScriptKind.TS : ts.ScriptKind.JSX;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  if (file.parseDiagnostics.length) return { path };
  const facts = [];
  const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const say = (subject, node, name, word, must = true) => facts.push([subject, name, lineOf(node), word, must]);
  const define = (name, word) => {
    if (!name || ts.isComputedPropertyName(name)) return;
    say("definitions", name, name.text ?? name.getText(file), word);
  };
  const bound = (name, word) => {
    if (ts.isIdentifier(name)) define(name, word);
    else for (const element of name.elements) if (element.name) bound(element.name, word);
  };
  const call = (callee, word, must = true) => {
    while (callee && (ts.isNonNullExpression(callee) || ts.isExpressionWithTypeArguments(callee)))
      callee = callee.expression;
    const name = callee && ts.isPropertyAccessExpression(callee) ? callee.name : callee;
    if (name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name))) say("calls", name, name.text, word, must);
  };
  const bring = (node, module, name, word) =>
    module && ts.isStringLiteralLike(module) &&
    say("imports", node, name ? `${module.text} ${name}` : module.text, word);

  const visit = (node, local, head) => {
    if (DECLARATIONS.has(node.kind)) {
      if (ts.isModuleDeclaration(node) && ts.isModuleDeclaration(node.parent)) ; // `A.B`: said with A
      else if (ts.isModuleDeclaration(node) && node.body && ts.isModuleDeclaration(node.body)) {
        let last = node;
        const words = [node.name.text];
        while (last.body && ts.isModuleDeclaration(last.body)) words.push((last = last.body).name.text);
        say("definitions", node.name, words.join("."), "ModuleDeclaration");
      } else if (ts.isModuleDeclaration(node) && node.flags & ts.NodeFlags.GlobalAugmentation) ;
      else define(node.name, K[node.kind]);
    } else if (ts.isConstructorDeclaration(node)) {
      say("definitions", node.getChildren(file).find((c) => c.kind === K.ConstructorKeyword) ?? node,
        "constructor", "Constructor");
    } else if (ts.isClassExpression(node) && node.name) {
      say("definitions", node.name, node.name.text, "ClassExpression");
    } else if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
      bound(node.name, "parameter property");
    } else if (ts.isVariableDeclaration(node) && !ts.isCatchClause(node.parent)) {
      const inLoop = ts.isForInStatement(node.parent.parent) || ts.isForOfStatement(node.parent.parent);
      if (isFunction(node.initializer) && ts.isIdentifier(node.name)) define(node.name, "function in a variable");
      else if (!local && !inLoop) bound(node.name, "variable");
    } else if (ts.isPropertyAssignment(node) && isFunction(node.initializer)) {
      define(node.name, "function in a property");
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === K.EqualsToken && isFunction(node.right)) {
      if (ts.isIdentifier(node.left)) define(node.left, "function assigned");
      else if (ts.isPropertyAccessExpression(node.left)) define(node.left.name, "function assigned");
    } else if (ts.isCallExpression(node)) {
      call(node.expression, "call", !head);
      const [first] = node.arguments;
      const word = node.expression.kind === K.ImportKeyword ? "import()"
        : ts.isIdentifier(node.expression) && node.expression.text === "require" ? "require()" : null;
      if (word && first) {
        const around = node.parent;
        const pattern = ts.isVariableDeclaration(around) && ts.isObjectBindingPattern(around.name) && around.name;
        if (pattern) {
          for (const item of pattern.elements)
            if (!item.dotDotDotToken) bring(item, first, (item.propertyName ?? item.name).getText(file), word);
        } else bring(node, first, null, word);
      }
    } else if (ts.isNewExpression(node)) call(node.expression, "new", !head);
    else if (ts.isTaggedTemplateExpression(node)) call(node.tag, "tagged template", !head);
    else if (ts.isJsxOpeningElement(node) || ts.isJsxSelfClosingElement(node)) call(node.tagName, "JSX element");
    else if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      if (!clause) bring(node, node.moduleSpecifier, null, "import");
      if (clause?.name) bring(clause.name, node.moduleSpecifier, "default", "import");
      const named = clause?.namedBindings;
      if (named && ts.isNamespaceImport(named)) bring(named, node.moduleSpecifier, "*", "import");
      else for (const item of named?.elements ?? [])
        bring(item, node.moduleSpecifier, (item.propertyName ?? item.name).text, "import");
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      bring(node, node.moduleReference.expression, null, "import =");
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      if (node.exportClause && ts.isNamedExports(node.exportClause)) {
        for (const item of node.exportClause.elements)
          bring(item, node.moduleSpecifier, (item.propertyName ?? item.name).text, "export from");
      } else bring(node, node.moduleSpecifier, "*", "export from");
    }
    const inner = local || ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node);
    ts.forEachChild(node, (child) =>
      visit(child, inner, ts.isDecorator(node) || ts.isExpressionWithTypeArguments(node)));
  };
  visit(file, false, false);
  return { path, facts };
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity }))
  if (line) console.log(JSON.stringify(read(line)));
