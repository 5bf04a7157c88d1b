/**
 * Addresses that are not the app, by path and query: the page for other sites' frames, and any path that names a file. What is
 * asked for behind the path (`/?model=owner/name-1.5`) says nothing of it.
 */
export const NOT_THE_APP = [/^\/embed(\.html)?([/?]|$)/, /^[^?]*\/[^/?]+\.[^/?]+(\?|$)/];
