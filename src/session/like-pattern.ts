/** LIKE patterns of SHOW statements: `%` any text, `_` one character, `\` escapes. */
export function likePattern(pattern: string, ignoreCase: boolean): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] as string;
    if (character === '\\' && i + 1 < pattern.length) source += escapeRegExp(pattern[++i] as string);
    else if (character === '%') source += '[^]*';
    else if (character === '_') source += '[^]';
    else source += escapeRegExp(character);
  }
  return new RegExp(`^${source}$`, ignoreCase ? 'i' : '');
}

function escapeRegExp(character: string): string {
  return character.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
