/** The name under which kubectl finds this plugin, as a person types it. */
export const commandName = 'kubectl cni-upgrade';

/** This release, without a leading v. A test holds it equal to package.json's. */
export const version = '0.1.0';
