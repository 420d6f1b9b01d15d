package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UpstreamVersionTest {
  private static final List<String> OF_6_2 = List.of("get", "getex", "client");
  private static final List<String> OF_7_0 =
      List.of("get", "getex", "fcall", "ssubscribe", "client|no-evict");
  private static final List<String> OF_7_2 =
      Stream.concat(
              OF_7_0.stream(), Stream.of("client|no-touch", "client|setinfo", "waitaof", "hget"))
          .toList();

  @Test
  void words_ofAnOldOne_nameAllThatCameLater() {
    assertThat(words("redis_version:6.2.11", OF_6_2))
        .isEqualTo(
            "Redis 6.2.11: no functions, no sharded pub/sub, no CLIENT NO-EVICT,"
                + " no CLIENT NO-TOUCH, no CLIENT SETINFO, no WAITAOF, no expiry of hash fields");
    assertThat(words("redis_version:7.0.15", OF_7_0))
        .isEqualTo(
            "Redis 7.0.15: no CLIENT NO-TOUCH, no CLIENT SETINFO, no WAITAOF,"
                + " no expiry of hash fields");
  }

  @Test
  void words_ofValkey_nameItByItsOwnVersion() {
    String info = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1";

    assertThat(words(info, OF_7_2)).isEqualTo("Valkey 8.0.1: no expiry of hash fields");
    assertThat(words(info.replace("8.0.1", "9.0.0"), with(OF_7_2, "hpexpire")))
        .isEqualTo("Valkey 9.0.0");
  }

  @Test
  void words_ofOneThatIsNotOutYet_lackNothing() {
    assertThat(words("redis_version:9.1.0", with(OF_7_2, "hpexpire", "news")))
        .isEqualTo("Redis 9.1.0");
  }

  @Test
  void words_commandRefused_sayNothingOfWhatIsMissing() {
    assertThat(UpstreamVersion.of("redis_version:7.0.15\r\n", null).words())
        .isEqualTo("Redis 7.0.15");
  }

  @Test
  void words_ofOneThatHidesItsVersion_sayThat() {
    assertThat(words("os:Linux", with(OF_7_2, "hpexpire")))
        .isEqualTo("Redis of a version it does not tell");
  }

  @Test
  void tracksUnasked_withoutGetex_isSo() {
    assertThat(UpstreamVersion.of("redis_version:6.0.16", reply(List.of("get"))).tracksUnasked())
        .isTrue();
    assertThat(UpstreamVersion.of("redis_version:6.2.11", reply(OF_6_2)).tracksUnasked()).isFalse();
  }

  private static String words(String info, List<String> names) {
    return UpstreamVersion.of("# Server\r\n" + info + "\r\nrun_id:a\r\n", reply(names)).words();
  }

  private static List<String> with(List<String> names, String... more) {
    return Stream.concat(names.stream(), Stream.of(more)).toList();
  }

  /** As COMMAND puts it: subcommands, in a set, within their container. */
  private static List<Object> reply(List<String> names) {
    List<Object> subcommands = new ArrayList<>();
    List<Object> all = new ArrayList<>();
    for (String name : names) {
      (name.contains("|") ? subcommands : all).add(command(name, Set.of()));
    }
    all.add(command("client", Set.copyOf(subcommands)));
    return all;
  }

  private static List<Object> command(String name, Set<Object> subcommands) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    return List.of(bytes, 2, Set.of(), 1, 1, 1, Set.of(), List.of(), List.of(), subcommands);
  }
}
