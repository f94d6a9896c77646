/** Styles that esbuild bundles beside the script, as `<plugin>.css`. */
declare module '*.css';
