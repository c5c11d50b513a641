import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import ssh2 from 'ssh2';
import {newSshKey} from '../ssh-key.ts';
import {startSshServer} from '../ssh-server.ts';
import {plantTools} from '../tree.ts';
import {Machine} from './machine.ts';
import {containerdMachine} from './machine-files.ts';

test('a script of a machine is run by SSH as by a pod: it is the tree’s, and its programs are the machine’s', async t => {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-machine-'));
	const machine = new Machine({
		directory,
		runtime: 'containerd',
		files: containerdMachine({version: '1.7.24'}),
		tools: plantTools(join(directory, 'tools')),
		shell: '/bin/sh',
		interpretPlugins: false,
	});
	const key = newSshKey();
	const server = await startSshServer({tree: machine.tree, authorizedKey: key.public});
	const client = new ssh2.Client();
	t.teardown(async () => {
		client.end();
		await server.stop();
		await machine.stop();
		rmSync(directory, {recursive: true, force: true});
	});
	writeFileSync(join(machine.tree.root, 'act.sh'), 'echo "$1"; systemctl is-active kubelet; cat; exit 7\n');
	await new Promise<void>((resolve, reject) => {
		client.once('ready', resolve).once('error', reject);
		client.connect({host: '127.0.0.1', port: server.port, username: 'root', privateKey: key.private});
	});
	const words = '"/bin/sh" "/act.sh" "begin"';
	const command = `exec /bin/sh -c 'if [ "$(id -u)" = 0 ]; then exec ${words}; fi; exec sudo -n -- ${words}'`;
	const said = await new Promise<readonly [string, number]>((resolve, reject) => {
		client.exec(command, (error, channel) => {
			if (error !== undefined) {
				reject(error);
				return;
			}

			let text = '';
			let code = -1;
			channel.on('data', (data: Buffer) => {
				text += data.toString();
			});
			channel.on('exit', (exit: number) => {
				code = exit;
			});
			channel.on('close', () => resolve([text, code]));
			channel.end('input\n');
		});
	});
	t.deepEqual(said, ['begin\nactive\ninput\n', 7]);
});
