/** The one home of modern-tar: archives that we make (krew/archive.ts) and those that we are given. */
export {packTar, unpackTar} from 'modern-tar';
