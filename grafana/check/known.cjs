// What a release of Grafana knows: written to known.json, which the tests hold the dashboards against.
//
//   cd "$(mktemp -d)" && npm install --legacy-peer-deps --ignore-scripts @grafana/data @grafana/schema react@18 react-dom@18 typescript@5
//   node /path/to/grafana/check/known.cjs > /path/to/grafana/check/known.json
//
// Units, reducers, matchers and transformations are asked of the real code (@grafana/data), shapes of values of the real
// types (@grafana/schema): an object is {properties}, a list {items}, a choice {values}, anything else the type's name.
const path = require('node:path');
const here = (name) => require(require.resolve(name, { paths: [process.cwd()] }));

const data = here('@grafana/data');
const ts = here('typescript');
globalThis.navigator = { language: 'en', languages: ['en'] };

const schema = path.join(process.cwd(), 'node_modules/@grafana/schema');
const panels = { bargauge: 'bargauge', stat: 'stat', 'state-timeline': 'statetimeline', table: 'table', text: 'text', timeseries: 'timeseries' };
const source = path.join(process.cwd(), 'asked.ts');
const lines = ["import { Dashboard, Panel, FieldConfig, VariableModel } from '@grafana/schema';", 'export type Asked = { dashboard: Dashboard; panel: Panel; field: FieldConfig; variable: VariableModel };'];
for (const folder of Object.values(panels)) {
  const place = `./node_modules/@grafana/schema/dist/types/raw/composable/${folder}/panelcfg/x/types.gen`;
  lines.push(`import * as ${folder} from '${place}';`, `export type options_${folder} = ${folder}.Options;`);
}
const fields = { table: "import('@grafana/schema').TableFieldOptions", timeseries: 'timeseries.FieldConfig', statetimeline: 'statetimeline.FieldConfig' };
for (const [folder, type] of Object.entries(fields)) lines.push(`export type field_${folder} = ${type};`);

const host = ts.createCompilerHost({});
const read = host.readFile.bind(host);
host.readFile = (name) => (path.resolve(name) === source ? lines.join('\n') : read(name));
host.fileExists = ((exists) => (name) => path.resolve(name) === source || exists(name))(host.fileExists.bind(host));
const program = ts.createProgram([source], { strict: true, moduleResolution: ts.ModuleResolutionKind.Node10, target: ts.ScriptTarget.ES2022, skipLibCheck: true, noEmit: true }, host);
const checker = program.getTypeChecker();

function shape(type, depth = 0) {
  const plain = checker.getNonNullableType(type);
  if (plain.isUnion()) {
    if (plain.types.every((one) => one.isLiteral() || one.flags & ts.TypeFlags.BooleanLiteral)) {
      if (plain.types.every((one) => one.flags & ts.TypeFlags.BooleanLiteral)) return 'boolean';
      return { values: plain.types.map((one) => one.value).sort() };
    }
    return 'any';
  }
  if (plain.isLiteral()) return { values: [plain.value] };
  if (plain.flags & ts.TypeFlags.Any || plain.flags & ts.TypeFlags.Unknown || depth > 5) return 'any';
  if (plain.flags & ts.TypeFlags.StringLike) return 'string';
  if (plain.flags & ts.TypeFlags.NumberLike) return 'number';
  if (plain.flags & ts.TypeFlags.BooleanLike) return 'boolean';
  if (checker.isArrayType(plain)) return { items: shape(checker.getTypeArguments(plain)[0], depth + 1) };
  if (plain.getStringIndexType() || plain.getNumberIndexType()) return 'any';
  const properties = {};
  for (const one of checker.getPropertiesOfType(plain)) {
    properties[one.name] = shape(checker.getTypeOfSymbol(one), depth + 1);
  }
  return Object.keys(properties).length ? { properties } : 'any';
}

const asked = {};
ts.forEachChild(program.getSourceFile(source), (node) => {
  if (ts.isTypeAliasDeclaration(node)) asked[node.name.text] = shape(checker.getTypeAtLocation(node));
});
const of = (prefix, folder) => asked[`${prefix}_${folder}`] ?? { properties: {} };
const theme = data.createTheme().visualization;
const named = theme.hues.flatMap((hue) => hue.shades.flatMap((shade) => [shade.name, ...(shade.aliases ?? [])]));
const colours = [...new Set([...named, 'text', 'gray'])].filter((name) => theme.getColorByName(name) !== name);
const known = {
  release: here('@grafana/schema/package.json').version,
  units: data.getValueFormats().flatMap((group) => (group.submenu ?? []).map((one) => one.value)).sort(),
  reducers: data.fieldReducers.list().map((one) => one.id).sort(),
  matchers: data.fieldMatchers.list().map((one) => one.id).sort(),
  transformations: [...new Set(Object.values(data.standardTransformers).map((one) => one.id))].sort(),
  colours: colours.sort(),
  dashboard: asked.Asked.properties.dashboard,
  panel: asked.Asked.properties.panel,
  field: asked.Asked.properties.field,
  variable: asked.Asked.properties.variable,
  panels: Object.fromEntries(Object.entries(panels).map(([type, folder]) => [type, { options: of('options', folder), field: of('field', folder) }])),
};
process.stdout.write(JSON.stringify(known, null, 1) + '\n');
