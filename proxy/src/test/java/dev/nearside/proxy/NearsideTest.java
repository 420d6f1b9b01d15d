package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NearsideTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder;

  private int execute(Map<String, String> environment, String... arguments) {
    CommandLine commandLine = Verbs.commandLine(environment);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  @Test
  void checkConfig_good_printsItWithoutPasswords() throws Exception {
    Path file = Files.writeString(folder.resolve("n.yaml"), "l1: {mode: shadow}\n");
    int status =
        execute(
            Map.of("NEARSIDE_HTTP", "127.0.0.1:1"),
            "check-config",
            "--config",
            file.toString(),
            "--upstream=redis://u:geheim@r:2",
            "--listen",
            "127.0.0.1:3",
            "--set",
            "l1.max-bytes=4MiB",
            "--set",
            "event-loops=2");
    assertThat(status).isZero();
    assertThat(out.toString())
        .startsWith("OK\nlisten: 127.0.0.1:3  # --listen\n")
        .contains("\nhttp: 127.0.0.1:1  # NEARSIDE_HTTP\n")
        .contains("event-loops: 2  # --set\n")
        .contains("  uri: redis://r:2/0  # --upstream\n")
        .contains("  mode: shadow  # " + file + ":1\n")
        .contains("  max-bytes: 4MiB  # --set\n")
        .doesNotContain("geheim");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "check-config"})
  void configuration_wrong_isPrintedPlainlyWithStatus2(String verb) {
    int status =
        execute(Map.of(), verb, "--listen", "here", "--upstream", "redis-cluster://u:geheim@r/1");
    assertThat(status).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .isEqualTo(
            """
            --listen: listen: "here" is not an address; expected host:port or unix:/path
            --upstream: upstream.uri: "redis-cluster://***@r/1" names a database, and a cluster has only 0; expected redis://user:password@host:port/database, rediss://…, unix:///path, redis-sentinel://host:port,…/database#primary or redis-cluster://host:port,…
            """);
  }

  @Test
  void migrate_print_showsTheSqlOfAllMigrations() {
    assertThat(execute(Map.of(), "migrate", "--print")).isZero();
    assertThat(out.toString())
        .startsWith("CREATE SCHEMA IF NOT EXISTS nearside;\n")
        .contains("CREATE TABLE IF NOT EXISTS nearside.entry", "GRANT USAGE ON SEQUENCE");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void migrate_withoutADatabase_isRefused() {
    Map<String, String> upstream = Map.of("NEARSIDE_UPSTREAM_URI", "redis://r");
    assertThat(execute(upstream, "migrate")).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("nearside: there is no database; expected database.url\n");
    assertThat(execute(upstream, "check-config", "--database")).isZero();
  }

  @Test
  void arguments_wrong_haveStatus2() {
    assertThat(execute(Map.of(), "run", "--lissten", "a:1")).isEqualTo(2);
    assertThat(err.toString()).contains("--lissten");
    assertThat(execute(Map.of())).isEqualTo(2);
    assertThat(execute(Map.of(), "check-config", "--set", "l1.mode")).isEqualTo(2);
  }

  @Test
  void version_isThatOfTheBuild() {
    assertThat(execute(Map.of(), "version")).isZero();
    assertThat(out.toString()).matches("nearside [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n");
  }

  @Test
  void help_namesTheVerbsAndTheirOptions() {
    assertThat(execute(Map.of(), "help")).isZero();
    assertThat(out.toString()).contains("run", "check-config", "version");
    assertThat(execute(Map.of(), "help", "run")).isZero();
    assertThat(execute(Map.of(), "run", "--help")).isZero();
    assertThat(out.toString()).contains("--config", "--upstream", "--listen", "--http", "--set");
  }
}
