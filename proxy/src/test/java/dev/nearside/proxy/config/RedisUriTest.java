package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.Discovery.Fixed;
import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUriTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "redis://h|h|6379|-|-|0",
        "redis://h/|h|6379|-|-|0",
        "redis://redis_1:1/2|redis_1|1|-|-|2",
        "valkey://h:1|h|1|-|-|0",
        "redis://[::1]:7/3|::1|7|-|-|3",
        "redis://[fe80::1%eth0]|fe80::1%eth0|6379|-|-|0",
        "redis://:p@h|h|6379|-|p|0",
        "redis://u:@h|h|6379|u|-|0",
        "redis://u:p@h|h|6379|u|p|0",
        "redis://u:p/@:?#@h:1/9|h|1|u|p/@:?#|9",
        "redis://u%3A:%C3%A4%40@h|h|6379|u:|\u00e4@|0",
        "unix:///run/redis.sock|/run/redis.sock|-1|-|-|0",
        "redis-socket:///a?db=3|/a|-1|-|-|3",
        "unix://u:p@/a b|/a b|-1|u|p|0",
      })
  void parse_wellFormed_isTakenApart(
      String text, String host, int port, String user, String password, int database) {
    assertThat(RedisUri.parse(text))
        .isEqualTo(
            Parsed.good(
                new RedisUri(new Fixed(new Address(host, port)), false, user, password, database)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rediss://u:p@h:1/2", "valkeys://u:p@h:1/2"})
  void parse_secureScheme_asksForTls(String text) {
    assertThat(RedisUri.parse(text))
        .isEqualTo(Parsed.good(new RedisUri(new Fixed(new Address("h", 1)), true, "u", "p", 2)));
  }

  @ParameterizedTest
  @CsvSource({"redis-sentinel, false", "rediss-sentinel, true"})
  void parse_sentinels_areTakenApart(String scheme, boolean tls) {
    List<Address> addresses = List.of(new Address("a", 26_379), new Address("::1", 7));
    assertThat(RedisUri.parse(scheme + "://u:p@a,[::1]:7/2#my.primary"))
        .isEqualTo(
            Parsed.good(
                new RedisUri(
                    new Sentinels(addresses, "my.primary", null, null), tls, "u", "p", 2)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis-sentinel://a:1,b:2/3#m",
        "rediss-sentinel://[::1]:7/0#m",
        "redis-cluster://a:1,b:2"
      })
  void toString_ofSeveral_isWhatWasParsed(String text) {
    assertThat(RedisUri.parse(text))
        .isInstanceOfSatisfying(
            Parsed.Good.class, good -> assertThat(good.value()).hasToString(text));
  }

  @ParameterizedTest
  @CsvSource({
    "::1, 7, false, redis://[::1]:7/3",
    "h, 7, true, rediss://h:7/3",
    "/a, -1, false, unix:///a?db=3",
  })
  void toString_hasNoCredentials(String host, int port, boolean tls, String text) {
    assertThat(new RedisUri(new Fixed(new Address(host, port)), tls, "u", "p", 3))
        .hasToString(text);
  }
}
