// Holds the names in deploy/terraform against the AWS provider's schema: every argument and block exists and stands where it
// belongs, what is required is there, every attribute that is referred to exists.
//
//   node check_terraform.mjs DIR                     checks the .tf files of a folder; exit 1 and one line a fault
//   node check_terraform.mjs --distil PACKAGE DIR    writes the schema of just the types in DIR, from an unpacked @cdktf/provider-aws
//
// The provider itself cannot be fetched where these tests run; its bindings for CDK for Terraform are made from its schema and
// name everything. What they do not say (types of values, how many blocks) is not checked. Run from a folder where npm put
// @cdktf/hcl2json, HashiCorp's own parser.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

const SCHEMA = path.resolve(import.meta.dirname, "../../../fixtures/terraform/deploy_schema.json");
// What Terraform itself understands in every resource.
const META = new Set(["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"]);

async function blocks(folder) {
  const { parse } = createRequire(path.join(process.cwd(), "x.js"))("@cdktf/hcl2json");
  const found = [];
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".tf"))) {
    const text = fs.readFileSync(path.join(folder, file), "utf8");
    const parsed = await parse(file, text);
    for (const [kind, prefix] of [["resource", ""], ["data", "data_"]]) {
      for (const [type, named] of Object.entries(parsed[kind] ?? {})) {
        for (const [name, bodies] of Object.entries(named)) {
          for (const body of bodies) found.push({ file, type: prefix + type, name, body });
        }
      }
    }
  }
  return found;
}

function texts(folder) {
  return fs.readdirSync(folder).filter((name) => name.endsWith(".tf")).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);
}

// --- the schema out of the bindings

function distilled(packageDir, type) {
  const isData = type.startsWith("data_");
  const slug = type.replace(/^data_/, "").replace(/^aws_/, "").replaceAll("_", "-");
  const folder = path.join(packageDir, "lib", isData ? `data-aws-${slug}` : slug);
  const js = fs.readFileSync(path.join(folder, "index.js"), "utf8");
  const types = fs.readFileSync(path.join(folder, "index.d.ts"), "utf8");
  const capital = (name) => name[0].toUpperCase() + name.slice(1);
  const base = (isData ? "DataAws" : "") + slug.split("-").map(capital).join("");

  const attributes = (text, owner) => {
    const declared = types.match(new RegExp(`export interface ${owner}(?: extends [\\w.]+)? \\{([\\s\\S]*?)\\n\\}`))?.[1] ?? "";
    const required = new Set([...declared.matchAll(/readonly (\w+): /g)].map((found) => found[1]));
    const members = {};
    const one = /^\s*(\w+): \{\s*value: (.*),\s*isBlock: (true|false)/gm;
    for (const [, name, value, isBlock] of text.matchAll(one)) {
      const camel = value.match(/(?:this\._|struct\.|struct!\.)(\w+)/)?.[1];
      const member = { required: required.has(camel) };
      const inner = value.match(/(\w+)ToHclTerraform/)?.[1];
      if (isBlock === "true" && inner && js.includes(`function ${inner}ToHclTerraform(`)) {
        const start = js.indexOf(`function ${inner}ToHclTerraform(`);
        member.block = attributes(js.slice(start, js.indexOf("\n}\n", start)), capital(inner));
      }
      members[name] = member;
    }
    return members;
  };
  const start = js.lastIndexOf("synthesizeHclAttributes()");
  const cls = js.lastIndexOf("\nclass ");
  const body = attributes(js.slice(start), `${base}Config`);
  const read = [...js.slice(cls).matchAll(/get\w+Attribute\('(\w+)'\)/g)].map((found) => found[1]);
  if (!Object.keys(body).length && !read.length) throw new Error(`nothing is known of ${type}`);
  return { arguments: body, attributes: [...new Set([...read, ...Object.keys(body)])].sort() };
}

// --- the check

function check(body, known, where, faults) {
  for (const [name, value] of Object.entries(body)) {
    if (META.has(name) && where.split(" ").length === 1) continue;
    const member = known[name];
    if (!member) {
      faults.push(`${where}: there is no ${name}`);
    } else if (member.block) {
      // As a block the parser gives a list; as an argument with `=` something else.
      if (!Array.isArray(value)) faults.push(`${where}: ${name} is a block`);
      else for (const each of value) check(each ?? {}, member.block, `${where} ${name}`, faults);
    } else if (Array.isArray(value) && value.some((each) => each !== null && typeof each === "object" && !Array.isArray(each))) {
      faults.push(`${where}: ${name} is no block`);
    }
  }
  for (const [name, member] of Object.entries(known)) {
    if (member.required && !(name in body)) faults.push(`${where}: ${name} is required`);
  }
}

const [, , first, ...rest] = process.argv;
if (first === "--distil") {
  const [packageDir, folder] = rest;
  const types = [...new Set((await blocks(folder)).map((block) => block.type))].sort();
  const version = JSON.parse(fs.readFileSync(path.join(packageDir, "package.json"), "utf8"));
  const schema = { from: `@cdktf/provider-aws ${version.version}, provider ${version.cdktf?.provider?.version ?? "?"}`, types: {} };
  for (const type of types) schema.types[type] = distilled(packageDir, type);
  fs.mkdirSync(path.dirname(SCHEMA), { recursive: true });
  const lines = Object.entries(schema.types).map(([type, known]) => `  ${JSON.stringify(type)}: ${JSON.stringify(known)}`);
  fs.writeFileSync(SCHEMA, `{"from": ${JSON.stringify(schema.from)}, "types": {\n${lines.join(",\n")}\n}}\n`);
  process.exit(0);
}

const schema = JSON.parse(fs.readFileSync(SCHEMA, "utf8")).types;
const faults = [];
const all = await blocks(first);
for (const { file, type, name, body } of all) {
  const where = `${file}:${type}.${name}`;
  if (!schema[type]) faults.push(`${where}: the schema has no ${type}; make it anew with --distil`);
  else check(body, schema[type].arguments, where, faults);
}
// References: TYPE.NAME[…].ATTRIBUTE to something that is declared here, with an attribute that it has.
const declared = new Set(all.map(({ type, name }) => `${type}.${name}`));
for (const [file, text] of texts(first)) {
  for (const [, isData, type, name, , attribute] of text.matchAll(/\b(data\.)?(aws_\w+)\.(\w+)(\[[^\]]*\])?(?:\.(\w+))?/g)) {
    const full = (isData ? "data_" : "") + type;
    if (!declared.has(`${full}.${name}`)) faults.push(`${file}: nothing is called ${full}.${name}`);
    else if (attribute && !schema[full]?.attributes.includes(attribute)) faults.push(`${file}: ${full} has no ${attribute}`);
  }
  const variables = texts(first).flatMap(([, each]) => [...each.matchAll(/^variable "(\w+)"/gm)].map((found) => found[1]));
  for (const [, name] of text.matchAll(/\bvar\.(\w+)/g)) {
    if (!variables.includes(name)) faults.push(`${file}: there is no variable ${name}`);
  }
}
for (const fault of faults) console.log(fault);
console.log(`${all.length} resources and data sources, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
