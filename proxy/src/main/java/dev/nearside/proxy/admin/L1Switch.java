package dev.nearside.proxy.admin;

import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The switch of L1 at run time.
 *
 * @param mode the mode in force
 * @param set changes it; called on the HTTP thread, must not wait
 */
public record L1Switch(Supplier<L1Mode> mode, Consumer<L1Mode> set) {}
