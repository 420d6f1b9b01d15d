package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.ConfigurationSources;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What is read without picocli is what picocli reads; all else is left to it. */
final class RunArgumentsTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("NEARSIDE_HTTP", "127.0.0.1:1");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "run --config nearside.yaml",
        "run --upstream redis://u:p=w@r:2/3 --listen unix:/tmp/n.sock --http 127.0.0.1:0",
        "run --http=127.0.0.1:0 --upstream=redis://r --listen=a:1",
        "run --set l1.max-bytes=4MiB --listen a:1 --set=event-loops=2 --set namespaces.p.keys=a=b"
      })
  void read_plainLine_isReadAsPicocliDoes(String line) {
    String[] words = line.split(" ", -1);

    ConfigurationSources read = RunArguments.read(words, ENVIRONMENT);

    assertThat(read).isEqualTo(byPicocli(Arrays.copyOfRange(words, 1, words.length)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version",
        "check-config --listen a:1",
        "run --help",
        "run --listen",
        "run --listen=",
        "run --listen --http b:2",
        "run --listen a:1 --listen b:2",
        "run --lissten a:1",
        "run --set l1.mode",
        "run --set =on",
        "run --set a=1 --set a=2",
        "run a:1",
        "run @arguments --listen a:1",
        "run --listen @here",
        "run --listen \"a:1\""
      })
  void read_anythingElse_isLeftToPicocli(String line) {
    assertThat(RunArguments.read(line.split(" ", -1), ENVIRONMENT)).isNull();
  }

  private static ConfigurationSources byPicocli(String... words) {
    Verbs.ConfigurationOptions options = new Verbs.ConfigurationOptions();
    new CommandLine(options).parseArgs(words);
    return options.sources(ENVIRONMENT);
  }
}
