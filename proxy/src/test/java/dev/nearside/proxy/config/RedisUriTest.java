package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisUriTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "redis://h|h|6379|-|-|0",
        "redis://h/|h|6379|-|-|0",
        "redis://redis_1:1/2|redis_1|1|-|-|2",
        "redis://[::1]:7/3|::1|7|-|-|3",
        "redis://[fe80::1%eth0]|fe80::1%eth0|6379|-|-|0",
        "redis://:p@h|h|6379|-|p|0",
        "redis://u:@h|h|6379|u|-|0",
        "redis://u:p@h|h|6379|u|p|0",
        "redis://u:p/@:?#@h:1/9|h|1|u|p/@:?#|9",
        "redis://u%3A:%C3%A4%40@h|h|6379|u:|\u00e4@|0",
      })
  void parse_wellFormed_isTakenApart(
      String text, String host, int port, String user, String password, int database) {
    assertThat(RedisUri.parse(text))
        .isEqualTo(Parsed.good(new RedisUri(host, port, user, password, database)));
  }

  @Test
  void toString_hasNoCredentials() {
    assertThat(new RedisUri("::1", 7, "u", "p", 3)).hasToString("redis://[::1]:7/3");
  }
}
