/** Whether what a URI names is unpacked where its app does not say: by the end of its name. A jar or war is run as it is. */
export const isArchive = (uri: string): boolean => /\.(?:zip|tar|tar\.gz|tgz)$/i.test(uri.replace(/[?#].*$/, ''));
