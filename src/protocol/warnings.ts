// What an answer says beside itself, in its `Warning` headers (RFC 7234, 5.5): for the command line and the dashboard alike.

/** @param text of any letters; what a header cannot hold becomes `?` */
export const warningOf = (text: string): string => `199 stathub ${JSON.stringify(text.replace(/[^ -~]/g, '?'))}`;

/** The texts of all of them. */
export const warningsOf = (headers: { get(name: string): string | null }): string[] =>
  [...(headers.get('warning') ?? '').matchAll(/\b199 stathub ("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text!) as string,
  );
