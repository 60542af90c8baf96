"""From a study to finished records: the campaign, its jobs and how they are scheduled."""
