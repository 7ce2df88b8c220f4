package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class PictureComparisonTest {

    /// A page with a panel and a number in it.
    private static BufferedImage page(int height, int panelAt, Color panel, int digits) {
        BufferedImage page = new BufferedImage(1280, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = page.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, 1280, height);
        graphics.setColor(panel);
        graphics.fillRect(100, panelAt, 600, 200);
        graphics.setColor(Color.BLACK);
        // The strokes of digits: others in each picture.
        for (int i = 0; i < 5; i++) {
            graphics.drawLine(800 + 7 * i, 100, 800 + 7 * i + digits * i % 4, 112);
        }
        graphics.dispose();
        return page;
    }

    @Test
    void otherNumbersAreNoDifference() {
        assertThat(PictureComparison.difference(
                        page(900, 100, Color.LIGHT_GRAY, 3), page(900, 100, Color.LIGHT_GRAY, 5)))
                .isLessThan(0.002);
    }

    @Test
    void aMovedPanelAnotherColourAndMoreHeightAreDifferences() {
        BufferedImage kept = page(900, 100, Color.LIGHT_GRAY, 3);
        assertThat(PictureComparison.difference(kept, page(900, 160, Color.LIGHT_GRAY, 3)))
                .isGreaterThan(0.04);
        assertThat(PictureComparison.difference(kept, page(900, 100, Color.PINK, 3)))
                .isGreaterThan(0.08);
        assertThat(PictureComparison.difference(kept, page(1_000, 100, Color.LIGHT_GRAY, 3)))
                .isGreaterThan(0.09);
    }
}
