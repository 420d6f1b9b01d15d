package dev.nearside.benchmarks.load;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Fewer and shorter rounds than other runs have: 18 loads on two or three servers each, in a
 * quarter of an hour. TLS is compiled last, in the generator too: with a first round of three
 * seconds Nearside looked three times as dear by TLS as it is.
 */
final class LinksDefaults implements IDefaultValueProvider {
  private static final Map<String, String> VALUES =
      Map.of("--rounds", "3", "--seconds", "1.5", "--warmup", "1.5", "--first", "8");

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option ? VALUES.get(option.longestName()) : null;
  }
}
