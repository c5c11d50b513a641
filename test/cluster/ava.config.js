/** The tests that need a real cluster: npm run test:cluster. They share it, so their files run one by one. */
export default {
	extensions: ['ts'],
	files: ['test/cluster/suite/**/*.test.ts'],
	workerThreads: false,
	concurrency: 1,
	timeout: '5m',
};
