import {parse} from 'yaml';

type Selector = {
	readonly matchLabels?: Readonly<Record<string, string>>;
	readonly matchExpressions?: readonly {readonly key: string; readonly operator: string; readonly values?: readonly string[]}[];
};
type Platform = {readonly selector?: Selector; readonly uri?: string; readonly sha256?: string; readonly bin?: string};
type Manifest = {
	readonly apiVersion?: string;
	readonly kind?: string;
	readonly metadata?: {readonly name?: string};
	readonly spec?: {
		readonly version?: string;
		readonly homepage?: string;
		readonly shortDescription?: string;
		readonly description?: string;
		readonly caveats?: string;
		readonly platforms?: readonly Platform[];
	};
};

/** Every platform that krew's index checks a manifest for (kubernetes-sigs/krew:cmd/validate-krew-manifest). */
const platforms = Object.entries({
	windows: ['386', 'amd64', 'arm64'],
	linux: ['386', 'amd64', 'arm', 'arm64', 'ppc64le'],
	darwin: ['386', 'amd64', 'arm64'],
}).flatMap(([os, archs]) => archs.map(arch => ({os, arch})));

const semver = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/;

/**
What krew, the checks of its index or its reviewers would say against a manifest; nothing where it is good (kubernetes-sigs/krew:
internal/index/validation/validate.go, cmd/validate-krew-manifest).
*/
export function manifestComplaints(text: string, fileName: string): readonly string[] {
	const {apiVersion, kind, metadata: {name = ''} = {}, spec = {}} = parse(text) as Manifest;
	const {version = '', homepage = '', shortDescription = '', description = '', caveats = '', platforms = []} = spec;
	const rules: readonly (readonly [holds: boolean, complaint: string])[] = [
		[apiVersion === 'krew.googlecontainertools.github.com/v1alpha2', `apiVersion is ${apiVersion}`],
		[kind === 'Plugin', `kind is ${kind}`],
		[/^[\w-]+$/.test(name), `name ${JSON.stringify(name)} is not allowed`],
		[fileName === `${name}.yaml`, `name ${name} is not that of the file, ${fileName}`],
		[semver.test(version), `version ${version} is no semantic version with a v`],
		[URL.parse(homepage)?.protocol === 'https:', `homepage ${homepage} is no https URL`],
		[shortDescription !== '' && !/[\r\n]/.test(shortDescription), 'shortDescription is not one line'],
		[shortDescription.length <= 50, `shortDescription has ${shortDescription.length} characters`],
		[description !== '', 'no description'],
		...[...description.split('\n'), ...caveats.split('\n')].map(line => [line.length <= 80, `longer than 80: ${line}`] as const),
		[platforms.length > 0, 'no platform'],
	];
	return [
		...rules.flatMap(([holds, complaint]) => (holds ? [] : [complaint])),
		...platforms.flatMap((platform, index) => platformComplaints(platform).map(complaint => `platform ${index}: ${complaint}`)),
		...overlaps(platforms),
	];
}

function platformComplaints({selector = {}, uri = '', sha256 = '', bin = ''}: Platform): readonly string[] {
	const {matchLabels, matchExpressions} = selector;
	const keys = [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({key}) => key)];
	const rules: readonly (readonly [holds: boolean, complaint: string])[] = [
		[keys.length > 0, 'the selector is empty'],
		[keys.every(key => key === 'os' || key === 'arch'), `the selector has the keys ${keys.join(', ')}`],
		[platforms.some(platform => matches(selector, platform)), 'the selector matches no platform'],
		[/^https:\/\/\S+\.(tar\.gz|zip)$/.test(uri), `uri ${uri} is no https URL of a .tar.gz or .zip`],
		[/^[a-f0-9]{64}$/.test(sha256), `sha256 ${sha256} is not 64 lower-case hexadecimal digits`],
		[/^[\w-]+(\/[\w-]+)*$/.test(bin), `bin ${JSON.stringify(bin)} is no path inside the archive`],
	];
	return rules.flatMap(([holds, complaint]) => (holds ? [] : [complaint]));
}

function overlaps(all: readonly Platform[]): readonly string[] {
	return platforms
		.filter(platform => all.filter(({selector = {}}) => matches(selector, platform)).length > 1)
		.map(({os, arch}) => `more than one selector matches ${os}/${arch}`);
}

/** As Kubernetes matches labels. */
function matches({matchLabels = {}, matchExpressions = []}: Selector, labels: Readonly<Record<string, string>>): boolean {
	return (
		Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
		matchExpressions.every(({key, operator, values = []}) => {
			const value = labels[key];
			const isIn = value !== undefined && values.includes(value);
			return {In: isIn, NotIn: !isIn, Exists: value !== undefined, DoesNotExist: value === undefined}[operator] ?? false;
		})
	);
}
