package dev.nearside.proxy.parity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes up what stands for the {@code $x} of the templates: few keys, fields and members, so that
 * commands meet, and values of every kind.
 *
 * <p>A typed key is a general one now and then, for WRONGTYPE. Not so sets of words and streams:
 * what DUMP shows of a general key must not depend on a server's hash seed or clock.
 */
final class Words {
  private static final int KEYS = 8;
  private static final int TYPED_KEYS = 3;
  private static final int KIB = 1024;
  private static final List<String> VALUES =
      List.of(
          "", "0", "-7", "3.5", "hello", "a b", "\0\r\n\u00ff", "$5\r\n", "caf\u00c3\u00a9", "+OK");
  private static final List<String> WORDS = List.of("a", "b", "c", "ohmytext", "mynewtext", "12");
  private static final List<String> INTEGERS =
      List.of("0", "-1", "1", "2", "5", "-3", "100", "9223372036854775807", "x");
  private static final List<String> FLOATS = List.of("0.5", "-1.25", "1e3", "3", "x", "0.1");
  private static final List<String> SCORES = List.of("1", "2.5", "-3", "inf", "-inf", "(1", "7e2");
  private static final List<Integer> LARGE =
      List.of(1_000, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 64 * KIB - 40, 64 * KIB, 70_000);

  /** Two of three primaries with even shares of the slots have one of these, one has two. */
  private static final String TAGS = "aabacadb";

  private static final String UNDECLARED = "redis.call('SET', 'k1', 'undeclared') return 1";
  private static final List<String> SCRIPTS =
      List.of(
          "return redis.call('GET', KEYS[1])",
          "return redis.call('SET', KEYS[1], ARGV[1])",
          "return redis.pcall('INCR', KEYS[1])",
          "return redis.call('INCR', KEYS[1])",
          "return {1, 'two', {3, false, 4}, 5.9, {}}",
          "return {err='MINE it failed'}",
          "return redis.error_reply('OURS it failed')",
          "return redis.status_reply('FINE')",
          "redis.setresp(3) return redis.call('HGETALL', KEYS[1])",
          "redis.setresp(3) return {double=3.25}",
          "redis.setresp(3) return {map={a=1}}",
          "redis.setresp(3) return {set={a=true}}",
          "redis.setresp(3) return {big_number='123456789012345678901234567890'}",
          "redis.setresp(3) return {verbatim_string={format='txt',string='as it is'}}",
          "redis.setresp(3) return true",
          "return false",
          "redis.call('SET', KEYS[1], 'hidden') return redis.call('GET', KEYS[1])",
          UNDECLARED,
          "redis.call('PUBLISH', 'c1', 'scripted') return 2",
          "return nosuch()",
          "return redis.call('NOPE')",
          "return redis.call('MULTI')",
          "this is no Lua",
          "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 'x')",
          "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])",
          "#!nope\nreturn 1");
  private static final List<String> LIBRARIES =
      List.of(
          """
          #!lua name=lib
          redis.register_function{function_name='get', callback=function(keys)
          return redis.call('GET', keys[1]) end, flags={'no-writes'}}
          redis.register_function('put', function(keys, args)
          return redis.call('SET', keys[1], args[1]) end)\
          """,
          "#!lua name=lib\nredis.register_function('get', function() return {1, {2}} end)",
          "#!lua name=lib\nnonsense",
          "#!js name=lib\n");

  private final SplittableRandom random;
  private final List<String> payloads;
  private final boolean tagged;

  /**
   * @param payloads what DUMP said of some values; for RESTORE
   * @param tagged whether keys have hash tags; no script uses keys that it does not name, then
   */
  Words(SplittableRandom random, List<String> payloads, boolean tagged) {
    this.random = random;
    this.payloads = payloads;
    this.tagged = tagged;
  }

  /** Returns what takes the place of a word of a template: itself unless it begins with $. */
  String of(String word) {
    if (word.length() < 2 || word.charAt(0) != '$') {
      return word;
    }
    return switch (word) {
      case "$k" -> key();
      case "$any" -> any();
      case "$t", "$big", "$h", "$l", "$i", "$z", "$g", "$p", "$b" -> typed(word.substring(1));
      case "$calm" -> key("calm", random.nextInt(2 * KEYS));
      case "$set", "$x" -> key(word.substring(1, 2), random.nextInt(TYPED_KEYS));
      case "$none", "$none2" -> key("n" + word.length() + "one", random.nextInt(2));
      case "$kpattern" -> pick(List.of("k*", "k[0-3]", "*", "?1", "nothing"));
      case "$type" -> pick(List.of("string", "hash", "list", "zset", "nope"));
      case "$script" -> script();
      case "$sha" -> sha1(script());
      case "$library" -> pick(LIBRARIES);
      case "$payload" -> payload();
      default -> value(word);
    };
  }

  private String value(String word) {
    return switch (word) {
      case "$v" -> random.nextInt(400) == 0 ? large() : pick(VALUES);
      case "$n", "$small" -> Integer.toString(random.nextInt(12));
      case "$int" -> pick(INTEGERS);
      case "$float" -> pick(FLOATS);
      case "$score" -> pick(SCORES);
      case "$offset" -> Integer.toString(random.nextInt(200));
      case "$word" -> pick(WORDS);
      case "$large" -> large();
      case "$f" -> "f" + random.nextInt(5);
      case "$lon" -> "13." + random.nextInt(5);
      case "$lat" -> "38." + random.nextInt(5);
      case "$id" -> random.nextInt(30) + "-" + random.nextInt(1, 3);
      case "$group" -> "g" + random.nextInt(2);
      case "$consumer" -> "consumer" + random.nextInt(2);
      case "$db" -> Integer.toString(random.nextInt(3));
      case "$channel" -> "c" + random.nextInt(4);
      case "$empty" -> "";
      default -> word;
    };
  }

  /** Returns a general key: of any type, strings mostly. */
  String key() {
    return random.nextInt(60) == 0 ? "bin\0\r\n\u00fe" : key("k", random.nextInt(KEYS));
  }

  /** Returns a word that is no number and no option. */
  String junk() {
    return pick(List.of("junk", "not an option", "\u00e9\0", "nan?"));
  }

  private String script() {
    String script = pick(SCRIPTS);
    return tagged && script.equals(UNDECLARED) ? script() : script;
  }

  private String typed(String type) {
    boolean chaos = random.nextInt(20) == 0 && !type.equals("t") && !type.equals("big");
    return chaos ? key() : key(type, random.nextInt(TYPED_KEYS));
  }

  private String any() {
    String type = pick(List.of("t", "big", "h", "l", "i", "z", "g", "p", "b", "s", "x", "k", "k"));
    return key(type, random.nextInt(TYPED_KEYS));
  }

  private String key(String type, int index) {
    String key = type + index;
    return tagged ? key + "{" + TAGS.charAt((type.charAt(0) + index) % TAGS.length()) + "}" : key;
  }

  private String large() {
    int length = LARGE.get(random.nextInt(LARGE.size()));
    StringBuilder large = new StringBuilder(length);
    SplittableRandom bytes = random.split();
    while (large.length() < length) {
      large.append((char) bytes.nextInt(256));
    }
    return large.toString();
  }

  private String payload() {
    String payload = pick(payloads);
    return random.nextInt(8) > 0 ? payload : payload.substring(1) + "x";
  }

  private String pick(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static String sha1(String script) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1").digest(script.getBytes(StandardCharsets.ISO_8859_1));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
